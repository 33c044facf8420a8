import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { messageOf } from '../errors.ts';

export interface RotationLimits {
  /** Size in bytes at which a log is rotated. */
  readonly maxBytes: number;
  /** How many rotated files are kept: FILE.1 is the newest. */
  readonly keep: number;
}

/**
 * Rotates a log that another process appends to and will not reopen: the content is copied to
 * FILE.1 and the file emptied in place; with O_APPEND the writer goes on at its new end. What is
 * written while the copy runs is copied too; only the moment between the last read and the
 * truncation, some microseconds, can lose a line. Synchronous for that reason.
 *
 * Whoever is killed half way, or has no space for the copy, leaves the log as it was.
 *
 * @returns whether the file was rotated
 */
export function rotateLog(path: string, limits: RotationLimits): boolean {
  if (!existsSync(path)) return false;
  const source = openSync(path, 'r+');
  try {
    if (fstatSync(source).size < limits.maxBytes) return false;
    if (limits.keep > 0) {
      keepCopy(path, limits.keep);
      appendRest(source, `${path}.1`);
    }
    ftruncateSync(source, 0);
    return true;
  } finally {
    closeSync(source);
  }
}

/** Rotates those that are too large; one that cannot be rotated keeps no other from it. */
export function rotateLogs(
  paths: readonly string[],
  limits: RotationLimits,
  say: (level: 'info' | 'warning', message: string) => void,
): void {
  for (const path of paths) {
    try {
      if (rotateLog(path, limits)) say('info', `rotated ${path}`);
    } catch (error) {
      say('warning', `cannot rotate ${path}: ${messageOf(error)}`);
    }
  }
}

function keepCopy(path: string, keep: number): void {
  const copy = `${path}.rotating`;
  try {
    copyFileSync(path, copy);
    for (let index = keep - 1; index >= 1; index -= 1) {
      if (existsSync(`${path}.${index}`)) renameSync(`${path}.${index}`, `${path}.${index + 1}`);
    }
    renameSync(copy, `${path}.1`);
  } catch (error) {
    rmSync(copy, { force: true });
    throw error;
  }
}

/** Copies what was written since the copy was made. */
function appendRest(source: number, copy: string): void {
  const target = openSync(copy, 'a');
  try {
    const buffer = Buffer.alloc(64 * 1024);
    for (let position = fstatSync(target).size; ; ) {
      const read = readSync(source, buffer, 0, buffer.length, position);
      if (read === 0) return;
      writeSync(target, buffer, 0, read);
      position += read;
    }
  } finally {
    closeSync(target);
  }
}
