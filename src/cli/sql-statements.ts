import { open, readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { AppError } from '../errors.ts';
import { fileError } from '../util/atomic-write.ts';

/**
 * The statements that `gt dolt sql` runs: of -q, of -f, or of standard input.
 *
 * @throws AppError IO_ERROR, USAGE when there is none
 */
export async function sqlStatements(flags: { query?: string | undefined; file?: string | undefined }): Promise<string> {
  const { query, file } = flags;
  if (query !== undefined) return query;
  if (file !== undefined) return readFile(file, 'utf8').catch((error: unknown) => unreadable(file, error));
  if (process.stdin.isTTY)
    throw new AppError('USAGE', 'there is no statement to run', { hint: 'give one with -q, -f or on standard input' });
  return text(process.stdin);
}

/** @throws AppError IO_ERROR */
export async function assertReadable(file: string): Promise<void> {
  const handle = await open(file).catch((error: unknown) => unreadable(file, error));
  try {
    if ((await handle.stat()).isDirectory()) unreadable(file, new Error('it is a directory'));
  } finally {
    await handle.close();
  }
}

function unreadable(file: string, error: unknown): never {
  const { code, message, hint } = fileError(error, `cannot read ${file}`);
  throw new AppError(code, message, { hint: hint ?? 'name a file of SQL statements: -f FILE', cause: error });
}
