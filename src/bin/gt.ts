import { runProgram } from '../cli/dispatch.ts';
import { watchOutput } from '../cli/end-process.ts';
import { gtProgram } from './gt-program.ts';

const output = watchOutput();
void runProgram(gtProgram(import.meta.dirname), process.argv.slice(2)).then(output.end);
