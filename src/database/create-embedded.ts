import { mkdir, mkdtemp, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, systemErrorCode } from '../errors.ts';
import { fileError } from '../util/atomic-write.ts';
import { isEmptyRemote, remoteError, remoteTimeout } from './remote-error.ts';
import { refuseClosedPort } from './remote-port.ts';
import { missingDirectory, userArguments } from './remote-url.ts';
import { type DoltProgram, doltFailure, runDolt } from './run-dolt.ts';

export interface CreateEmbeddedOptions extends DoltProgram {
  /** The database's directory; its last part is the database's name. Must not exist. */
  directory: string;
  /** Author of the first Dolt commit. */
  author: { name: string; email: string };
  /** Remote to clone instead, if it has data. */
  remote?: string | undefined;
  /** How long the clone may take, in ms; default no limit. */
  timeoutMs?: number | undefined;
  /** Is told how far the clone is. */
  onProgress?: ((text: string) => void) | undefined;
}

/**
 * Makes a database directory: empty, or a clone. It is prepared beside its place, `prepare` fills
 * it, and a rename puts it there: whoever looks sees the whole database or none. The caller holds a
 * lock, so that only one at a time makes a database in that directory.
 *
 * @param prepare gets the directory to work in, and whether it is a clone
 * @throws AppError DOLT_NOT_FOUND, ALREADY_EXISTS, REMOTE_UNREACHABLE, REMOTE_TIMEOUT, ACCESS_DENIED,
 *   IO_ERROR, what `prepare` throws; then nothing is left behind
 * @example await createEmbedded({ doltBin, directory: '.beads/dolt/hm', … }, (at) => fill(at));
 */
export async function createEmbedded<T>(
  options: CreateEmbeddedOptions,
  prepare: (directory: string, cloned: boolean) => Promise<T>,
): Promise<T> {
  const parent = dirname(options.directory);
  const draft = await makeDraft(parent);
  try {
    const at = join(draft, basename(options.directory));
    const cloned = options.remote !== undefined && (await clone(options, options.remote, at));
    if (!cloned) await initialize(options, at);
    const result = await prepare(at, cloned);
    await putInPlace(at, options.directory);
    return result;
  } catch (error) {
    throw surelyNothing(error);
  } finally {
    await removeDraft(draft);
  }
}

/** A write that ended halfway is in a draft that nobody is going to see. */
function surelyNothing(error: unknown): unknown {
  const isUncertain = error instanceof AppError && error.code === 'WRITE_UNCERTAIN';
  return isUncertain && error.cause instanceof AppError ? error.cause : error;
}

/**
 * Makes a directory to prepare a database in, beside its place. What an earlier, killed run left is
 * removed: the caller sees to it that only one runs at a time.
 */
export async function makeDraft(parent: string): Promise<string> {
  try {
    await mkdir(parent, { recursive: true, mode: 0o700 });
    for (const name of await readdir(parent)) {
      if (name.startsWith('.new-')) await remove(join(parent, name)).catch(() => undefined);
    }
    return await mkdtemp(join(parent, '.new-'));
  } catch (error) {
    throw fileError(error, `cannot make a database in ${parent}`);
  }
}

/** Removes such a directory, and its parent where nothing else is in it. */
export async function removeDraft(draft: string): Promise<void> {
  await remove(draft);
  await rmdir(dirname(draft)).catch(() => undefined);
}

/** A `dolt` whose parent was killed may still be writing into it. */
function remove(draft: string): Promise<void> {
  return rm(draft, { recursive: true, force: true, maxRetries: 3 });
}

async function initialize(options: CreateEmbeddedOptions, at: string): Promise<void> {
  await mkdir(at, { mode: 0o700 });
  const { name, email } = options.author;
  const ended = await runDolt(options, ['init', '--name', name, '--email', email], at);
  if (ended.failed) throw doltFailure('dolt init failed', ended.output);
}

/** @returns false when the remote has no data yet */
async function clone(options: CreateEmbeddedOptions, remote: string, at: string): Promise<boolean> {
  const missing = missingDirectory(remote);
  if (missing) throw remoteError('clone', remote, `there is no directory ${missing}`);
  await refuseClosedPort('clone', remote, options.env);
  const { timeoutMs, onProgress: onLine } = options;
  const args = ['clone', ...userArguments(remote, options.env), remote, at];
  const ended = await runDolt(options, args, dirname(at), { timeoutMs, onLine });
  if (!ended.failed) return true;
  if (ended.timedOut) throw remoteTimeout('clone', remote, timeoutMs ?? 0);
  if (isEmptyRemote(ended.output)) return false;
  throw remoteError('clone', remote, ended.output);
}

async function putInPlace(from: string, to: string): Promise<void> {
  try {
    // An empty directory in the way holds nothing; rmdir refuses any other.
    await rmdir(to).catch(() => undefined);
    await rename(from, to);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw fileError(error, `cannot make ${to}`);
    throw new AppError('ALREADY_EXISTS', `${to} is there already and is left as it is`, { cause: error });
  }
}
