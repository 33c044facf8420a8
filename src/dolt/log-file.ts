import { open, stat } from 'node:fs/promises';
import { systemErrorCode } from '../errors.ts';

const CHUNK_BYTES = 64 * 1024;

/** Size of a file in bytes; 0 when it does not exist. */
export async function fileSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

/** The last lines of a file, read from its end in chunks. */
export interface LastLines {
  readonly lines: string[];
  /** What was written behind the last newline: a line that is still being written, or empty. */
  readonly partial: string;
  /** Offset in bytes behind the last newline. */
  readonly end: number;
}

/** The last whole lines of a file; a file that does not exist has none. */
export async function readLastLines(path: string, count: number, from = 0): Promise<LastLines> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!file) return { lines: [], partial: '', end: 0 };
  try {
    let position = (await file.stat()).size;
    const start = from <= position ? from : 0;
    const chunks: Buffer[] = [];
    let newlines = 0;
    while (position > start && newlines <= count) {
      const length = Math.min(CHUNK_BYTES, position - start);
      position -= length;
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, position);
      chunks.unshift(buffer);
      newlines += buffer.filter((byte) => byte === 0x0a).length;
    }
    const bytes = Buffer.concat(chunks);
    const length = bytes.lastIndexOf(0x0a) + 1;
    const lines = bytes.subarray(0, length).toString('utf8').split('\n').slice(0, -1);
    const partial = bytes.subarray(length).toString('utf8');
    return { lines: count > 0 ? lines.slice(-count) : [], partial, end: position + length };
  } finally {
    await file.close();
  }
}

/**
 * The last lines of a file, the one that is still being written included.
 *
 * @param from do not look before this offset in bytes: only what was written since
 */
export async function lastLines(path: string, count: number, from = 0): Promise<string[]> {
  if (count <= 0) return [];
  const { lines, partial } = await readLastLines(path, count, from);
  return (partial === '' ? lines : [...lines, partial]).slice(-count);
}
