import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { fileError } from './atomic-write.ts';

/** Where a text lies in a spool, in bytes. */
export interface SpoolPlace {
  readonly offset: number;
  readonly length: number;
}

/** Texts that are kept until they are needed, in another order than they came. */
export interface Spool {
  /** @throws AppError DISK_FULL, IO_ERROR */
  add(texts: readonly string[]): SpoolPlace[];
  /** The texts of some places, one after the other. @throws AppError IO_ERROR */
  read(places: readonly SpoolPlace[]): string;
  /** Frees what it holds. */
  close(): void;
}

/** Below it, all stays in memory, in bytes. */
const IN_MEMORY = 8 * 1024 * 1024;
const ELSEWHERE = 'set TMPDIR to a directory with room that you may write to';

/**
 * Makes an empty spool. A long one becomes a file that only this process can open, and that is gone
 * with it.
 *
 * @param directory of that file
 * @example
 * const spool = createSpool();
 * const [a, b] = spool.add(['first\n', 'second\n']);
 * if (a && b) spool.read([b, a]); // 'second\nfirst\n'
 * spool.close();
 */
export function createSpool(directory = tmpdir(), inMemory = IN_MEMORY): Spool {
  const held = Buffer.alloc(inMemory);
  let scratch: Buffer = Buffer.alloc(0);
  let file: number | undefined;
  let size = 0;

  function keep(text: string): void {
    const length = Buffer.byteLength(text);
    if (file === undefined && size + length <= inMemory) {
      held.write(text, size);
    } else {
      if (file === undefined) {
        file = openUnseen(directory);
        writeAll(file, held.subarray(0, size));
      }
      writeAll(file, Buffer.from(text));
    }
    size += length;
  }

  /** Copies a place into `target`. */
  function copy({ offset, length }: SpoolPlace, target: Buffer, start: number): void {
    if (file === undefined) held.copy(target, start, offset, offset + length);
    else {
      for (let at = 0; at < length; ) {
        const read = readSync(file, target, start + at, length - at, offset + at);
        if (read === 0) throw new Error('it is shorter than what was written to it');
        at += read;
      }
    }
  }

  function attempt<T>(what: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      const { code, message, hint } = fileError(error, `cannot ${what} a temporary file in ${directory}`);
      throw new AppError(code, message, { hint: `${hint ?? ''}${hint ? '; or ' : ''}${ELSEWHERE}`, cause: error });
    }
  }

  return {
    add: (texts) =>
      attempt('write', () => {
        const start = size;
        keep(texts.join(''));
        let offset = start;
        return texts.map((text) => {
          const place = { offset, length: Buffer.byteLength(text) };
          offset += place.length;
          return place;
        });
      }),
    read: (places) =>
      attempt('read', () => {
        const bytes = places.reduce((sum, { length }) => sum + length, 0);
        if (scratch.length < bytes) scratch = Buffer.alloc(bytes);
        let at = 0;
        for (const place of places) {
          copy(place, scratch, at);
          at += place.length;
        }
        return scratch.toString('utf8', 0, bytes);
      }),
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
      size = 0;
    },
  };
}

/** A file without a name: it ends with the process that has it open. */
function openUnseen(directory: string): number {
  const path = join(directory, `bd-spool-${process.pid}-${randomBytes(8).toString('hex')}`);
  const file = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return file;
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}
