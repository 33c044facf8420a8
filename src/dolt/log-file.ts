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

/**
 * The last lines of a file, read from its end in chunks.
 *
 * @param from do not look before this offset in bytes: only what was written since
 */
export async function lastLines(path: string, count: number, from = 0): Promise<string[]> {
  if (count <= 0) return [];
  const file = await open(path, 'r').catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!file) return [];
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
    const lines = Buffer.concat(chunks).toString('utf8').split('\n');
    if (lines.at(-1) === '') lines.pop();
    return lines.slice(-count);
  } finally {
    await file.close();
  }
}
