import { runProgram } from '../cli/dispatch.ts';
import { endProcess } from '../cli/end-process.ts';
import { bdProgram } from './bd-program.ts';

void runProgram(bdProgram(import.meta.dirname), process.argv.slice(2)).then(endProcess);
