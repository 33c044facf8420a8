import { runProgram } from '../cli/dispatch.ts';
import { gtProgram } from './gt-program.ts';

void runProgram(gtProgram(import.meta.dirname), process.argv.slice(2));
