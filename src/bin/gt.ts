import { runProgram } from '../cli/dispatch.ts';
import { endProcess } from '../cli/end-process.ts';
import { gtProgram } from './gt-program.ts';

void runProgram(gtProgram(import.meta.dirname), process.argv.slice(2)).then(endProcess);
