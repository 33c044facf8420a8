import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { doltFileUrl } from '../../database/file-url.ts';
import { isEmptyRemote } from '../../database/remote-error.ts';
import { missingDirectory } from '../../database/remote-url.ts';
import { AppError } from '../../errors.ts';
import { directoryBytes } from '../../util/directory-bytes.ts';
import type { Peer } from './peers.ts';

export interface NewClone {
  readonly peer: Peer;
  readonly branch: string;
  /** Where the clone comes. */
  readonly directory: string;
  /** Name of its database. */
  readonly clone: string;
  /** An empty directory, for `give`. */
  readonly relay: string;
  /** Another one, which is not there yet. */
  readonly secondRelay: string;
  /** Runs a statement in the directory. */
  call(sql: string, ...parameters: string[]): Promise<void>;
  /** Calls a procedure that talks with the peer. @returns what Dolt said of a failure */
  talk(procedure: string, ...parameters: string[]): Promise<string | undefined>;
  /** What to tell of a peer that Dolt says this of. */
  unreachable(said: string): AppError;
  /** Pushes our branch to the relay, as `ours`. */
  give(): Promise<void>;
}

/**
 * Makes the clone of an exchange, and chooses its branch `ours`. Dolt clones by copying whole files,
 * which is many times as fast as a fetch or push of the same, so the side that has more is cloned,
 * and the other one is fetched. For the same reason what a larger peer has gets to the relay as a
 * backup.
 *
 * @returns the directory of the relay from now on
 * @throws AppError as a fetch from the peer does, and what `give` throws
 */
export async function makeClone(options: NewClone): Promise<string> {
  const { directory, clone, relay, call } = options;
  const [given, copied] = await Promise.allSettled([options.give(), copyPeer(options)]);
  for (const part of [given, copied]) if (part.status === 'rejected') throw part.reason;
  const copy = join(directory, clone);
  if (!existsSync(copy)) return cloneOurs(options);
  if ((directoryBytes(copy) ?? 0) > (directoryBytes(relay) ?? 0)) return passOn(options);
  await call(`DROP DATABASE ${clone}`);
  await call('CALL DOLT_PURGE_DROPPED_DATABASES()');
  return cloneOurs(options);
}

/** Leaves no clone where the peer has nothing that could be copied: a fetch tells more. */
async function copyPeer({ peer, branch, directory, clone, talk, unreachable }: NewClone): Promise<void> {
  if (missingDirectory(peer.url)) return;
  const said = await talk('DOLT_CLONE', '--branch', branch, '--remote', 'peer', peer.url, clone);
  if (said === undefined) return;
  if (!isEmptyRemote(said) && !/branch/i.test(said)) throw unreachable(said);
  await rm(join(directory, clone), { recursive: true, force: true, maxRetries: 3 });
}

async function cloneOurs({ peer, relay, clone, call }: NewClone): Promise<string> {
  await call("CALL DOLT_CLONE('--branch', 'ours', '--remote', 'relay', ?, ?)", doltFileUrl(relay), clone);
  await call(`USE \`${clone}/ours\``);
  await call("CALL DOLT_REMOTE('add', 'peer', ?)", peer.url);
  return relay;
}

/** The clone is the peer's. */
async function passOn({ branch, relay, secondRelay, clone, call }: NewClone): Promise<string> {
  await call(`USE ${clone}`);
  await call("CALL DOLT_REMOTE('add', 'relay', ?)", doltFileUrl(relay));
  await call("CALL DOLT_FETCH('relay', 'refs/heads/ours:refs/remotes/relay/ours')");
  await call("CALL DOLT_BRANCH('ours', 'relay/ours')");
  await call("CALL DOLT_BRANCH('theirs', ?)", `peer/${branch}`);
  await call("CALL DOLT_REMOTE('remove', 'relay')");
  const url = doltFileUrl(secondRelay);
  // Only a directory that is empty gets whole files.
  await call("CALL DOLT_BACKUP('sync-url', ?)", url);
  await call("CALL DOLT_REMOTE('add', 'relay', ?)", url);
  await call(`USE \`${clone}/ours\``);
  await rm(relay, { recursive: true, force: true, maxRetries: 3 });
  return secondRelay;
}

/** Something that concerns nothing but copies. */
export function broken(doing: string, why: string, directory: string): AppError {
  return new AppError('SQL_ERROR', `${doing} failed in ${directory}: ${why}`, {
    hint: `remove ${directory}, which holds nothing but copies, and run the command again`,
  });
}
