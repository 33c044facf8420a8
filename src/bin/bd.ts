import { runProgram } from '../cli/dispatch.ts';
import { watchOutput } from '../cli/end-process.ts';
import { bdProgram } from './bd-program.ts';

const output = watchOutput();
void runProgram(bdProgram(import.meta.dirname), process.argv.slice(2)).then(output.end);
