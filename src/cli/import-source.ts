import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../errors.ts';
import { fileError } from '../util/atomic-write.ts';

/** What `bd import` reads. */
export interface ImportSource {
  /** As the user named it: a path, or `stdin`. */
  readonly path: string;
  /** Short name, for the Dolt commit. */
  readonly name: string;
  readonly open: () => AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Opens a file to import, or stdin, which is put into a temporary file first: an import that has to
 * begin again reads its source again, and memory does not hold it.
 *
 * @throws AppError NOT_FOUND, IO_ERROR
 */
export async function openImport(
  file: string | undefined,
  where: { directory: string; beadsDir: string | undefined },
): Promise<ImportSource> {
  if (file === '-') return spooledStdin();
  const path = file ?? (where.beadsDir === undefined ? undefined : join(where.beadsDir, 'issues.jsonl'));
  if (path === undefined) throw new AppError('USAGE', 'no file to import', { hint: 'bd import FILE, or - for stdin' });
  const absolute = resolve(where.directory, path);
  await requireReadable(absolute, path);
  return { path, name: basename(path), open: () => createReadStream(absolute), close: async () => undefined };
}

async function requireReadable(absolute: string, path: string): Promise<void> {
  try {
    const handle = await open(absolute, 'r');
    const isFile = !(await handle.stat()).isDirectory();
    await handle.close();
    if (isFile) return;
  } catch (error) {
    throw fileError(error, `cannot read ${path}`);
  }
  throw new AppError('IO_ERROR', `cannot read ${path}: it is a directory`);
}

async function spooledStdin(): Promise<ImportSource> {
  const directory = await mkdtemp(join(tmpdir(), 'bd-import-'));
  const close = () => rm(directory, { recursive: true, force: true });
  const path = join(directory, 'stdin.jsonl');
  try {
    const handle = await open(path, 'wx', 0o600);
    await pipeline(process.stdin, handle.createWriteStream());
  } catch (error) {
    await close();
    throw fileError(error, 'cannot keep what came from stdin');
  }
  return { path: 'stdin', name: 'stdin', open: () => createReadStream(path), close };
}
