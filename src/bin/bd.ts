import { runProgram } from '../cli/dispatch.ts';
import { bdProgram } from './bd-program.ts';

void runProgram(bdProgram(import.meta.dirname), process.argv.slice(2));
