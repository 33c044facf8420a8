import { rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isEmptyRemote, remoteTimeout } from '../../database/remote-error.ts';
import { missingDirectory } from '../../database/remote-url.ts';
import { type DoltProgram, type EndedDolt, runDolt } from '../../database/run-dolt.ts';
import { formatSql } from '../../database/sql-text.ts';
import { AppError } from '../../errors.ts';
import { directoryBytes } from '../../util/directory-bytes.ts';
import type { Peer } from './peers.ts';

export interface NewClone {
  readonly peer: Peer;
  readonly branch: string;
  /** Where the clone comes. */
  readonly clone: string;
  /** Directory of the relay, which `give` fills. */
  readonly relay: string;
  /** With the password of the peer's user, and without. */
  readonly remote: DoltProgram;
  readonly local: DoltProgram;
  readonly timeoutMs: number;
  /** What to tell of a peer that Dolt says this of. */
  unreachable(said: string): AppError;
  /** Pushes our branch to the relay, as `ours`. */
  give(): Promise<void>;
}

/**
 * Makes the clone of an exchange. `dolt clone` copies whole files, and is many times as fast as a
 * fetch of the same, so the side that has more is cloned, and the other one is fetched.
 *
 * @throws AppError as a fetch from the peer does, and what `give` throws
 */
export async function makeClone(options: NewClone): Promise<void> {
  const { peer, clone, relay, local, timeoutMs } = options;
  const copy = join(clone, '..', 'copy');
  await rm(copy, { recursive: true, force: true, maxRetries: 3 });
  const [given, copied] = await Promise.allSettled([options.give(), copyPeer(options, copy)]);
  for (const part of [given, copied]) if (part.status === 'rejected') throw part.reason;
  const done = (ended: EndedDolt, doing: string) => {
    if (ended.failed) throw broken(doing, ended.timedOut ? 'it took too long' : ended.output, join(clone, '..'));
  };
  const url = pathToFileURL(relay).href;
  const statements: [string, ...string[]][] = [];
  if ((directoryBytes(copy) ?? 0) > (directoryBytes(relay) ?? 0)) {
    await rename(copy, clone);
    statements.push(["CALL DOLT_REMOTE('add', 'relay', ?)", url]);
    statements.push(["CALL DOLT_FETCH('relay', 'refs/heads/ours:refs/remotes/relay/ours')"]);
    statements.push(["CALL DOLT_BRANCH('ours', 'relay/ours')"]);
  } else {
    await rm(copy, { recursive: true, force: true, maxRetries: 3 });
    const args = ['clone', '--branch', 'ours', '--remote', 'relay', url, basename(clone)];
    done(await runDolt(local, args, join(clone, '..'), { timeoutMs }), 'dolt clone');
    statements.push(["CALL DOLT_REMOTE('add', 'peer', ?)", peer.url]);
  }
  const sql = statements.map(([statement, ...parameters]) => formatSql(statement, parameters)).join('; ');
  done(await runDolt(local, ['sql', '-q', sql], clone, { timeoutMs }), 'dolt sql');
}

/** Leaves no copy where the peer has nothing that could be copied: a fetch tells more. */
async function copyPeer(
  { peer, branch, clone, remote, timeoutMs, unreachable }: NewClone,
  copy: string,
): Promise<void> {
  if (missingDirectory(peer.url)) return;
  const user = peer.username === undefined ? [] : ['--user', peer.username];
  const args = ['clone', ...user, '--branch', branch, '--remote', 'peer', peer.url, basename(copy)];
  const ended = await runDolt(remote, args, join(clone, '..'), { timeoutMs });
  if (ended.timedOut) throw remoteTimeout('fetch from', peer.url, timeoutMs);
  if (!ended.failed) return;
  if (!isEmptyRemote(ended.output) && !/branch/i.test(ended.output)) throw unreachable(ended.output);
  await rm(copy, { recursive: true, force: true, maxRetries: 3 });
}

/** Something that concerns nothing but copies. */
export function broken(doing: string, why: string, directory: string): AppError {
  return new AppError('SQL_ERROR', `${doing} failed in ${directory}: ${why}`, {
    hint: `remove ${directory}, which holds nothing but copies, and run the command again`,
  });
}
