import { once } from 'node:events';
import type { BeadsContext } from '../beads/context.ts';
import { type ExportOptions, exportIssues } from '../beads/transfer/export.ts';
import { writeStreamAtomic } from '../util/atomic-write.ts';
import { isReaderGone, ReaderGoneError } from './end-process.ts';

/** Exports to a file, which is replaced as a whole, or to stdout. */
export async function exportTo(
  ctx: BeadsContext,
  file: string | undefined,
  options: ExportOptions,
): Promise<{ issues: number; memories: number }> {
  const through = (write: (text: string) => Promise<void>) => exportIssues(ctx, options, (chunk) => write(chunk.text));
  return file === undefined ? through(writeToStdout) : writeStreamAtomic(file, through, 0o644);
}

/** Waits while the reader of a pipe is slow, so that memory does not hold what it has not read. */
async function writeToStdout(text: string): Promise<void> {
  if (text === '' || process.stdout.write(text)) return;
  await once(process.stdout, 'drain').catch((cause: unknown) => {
    throw isReaderGone(cause) ? new ReaderGoneError('nobody reads the export', { cause }) : cause;
  });
}
