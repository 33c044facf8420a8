import { writeSync } from 'node:fs';
import { AppError, systemErrorCode } from '../errors.ts';
import { fileError } from '../util/atomic-write.ts';
import { errorText } from './error-text.ts';
import { painter } from './style.ts';

/**
 * Minds what becomes of the output of a program, from its first line to its end. A reader that has
 * seen enough (`bd export | head -1`) is no failure. Output that is lost for any other reason is, so
 * the program ends with 1 and says so on stderr.
 *
 * @example
 * const output = watchOutput();
 * void runProgram(program, argv).then(output.end);
 */
export function watchOutput(): { end(): Promise<never> } {
  // Before oclif's own listener, which throws.
  process.stdout.prependListener('error', (error: Error) => {
    if (!isReaderGone(error)) failOutput(error);
  });
  process.stderr.on('error', () => undefined);
  return {
    async end() {
      await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
      // A write to a file fails at once, but the stream knows of it a moment later.
      await new Promise((resolve) => process.nextTick(resolve));
      const { errored } = process.stdout;
      if (errored && !isReaderGone(errored)) failOutput(errored);
      // No handle is waited for, and the heap is not taken down piece by piece.
      process.exit();
    },
  };
}

/** Nobody reads stdout any more: the command may stop, and that is no failure. */
export class ReaderGoneError extends Error {}

/** Whether nobody reads any more what is written. */
export function isReaderGone(error: unknown): boolean {
  return ['EPIPE', 'ERR_STREAM_DESTROYED'].includes(systemErrorCode(error) ?? '');
}

function failOutput(cause: Error): never {
  const { code, message } = fileError(cause, 'the output cannot be written');
  // Done again, a write might be done twice.
  const error = new AppError(code, message, { hint: 'what the command did is done: look before you run it again' });
  try {
    writeSync(2, errorText(error, painter(process.stderr)));
  } catch {}
  process.exit(process.exitCode || 1);
}

function flushed(stream: NodeJS.WriteStream): Promise<void> | undefined {
  // To a file, a terminal or, on most systems, a pipe, everything is written at once.
  if (stream.writableLength === 0 || stream.destroyed) return undefined;
  return new Promise((resolve) => stream.write('', () => resolve()));
}
