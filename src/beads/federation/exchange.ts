import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openEmbedded } from '../../database/embedded.ts';
import { isEmptyRemote, remoteError, remoteTimeout } from '../../database/remote-error.ts';
import { missingDirectory } from '../../database/remote-url.ts';
import { type DoltProgram, type EndedDolt, runDolt } from '../../database/run-dolt.ts';
import { formatSql } from '../../database/sql-text.ts';
import type { Database } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { fileError, writeFileAtomic } from '../../util/atomic-write.ts';
import { makeDirectory } from '../../util/make-directory.ts';
import type { Peer } from './peers.ts';

export interface ExchangeOptions {
  readonly peer: Peer;
  /** Of the peer's user; only ever in the environment of the processes that talk to the peer. */
  readonly password: string | undefined;
  /** The directory of this peer. */
  readonly directory: string;
  /** The branch that is synced. */
  readonly branch: string;
  readonly program: DoltProgram;
  /** How long a talk with the peer may take, in ms. */
  readonly timeoutMs: number;
  readonly onProgress?: ((text: string) => void) | undefined;
}

/**
 * The branch that a town has which must not be pushed over: Dolt's push to a branch that a server
 * works on throws the tables away that are not in its history, such as wisps.
 */
export const INBOX = 'federation/inbox';

/** Where a peer is. */
export interface PeerTips {
  readonly head: string;
  /** What others left for it, if it has an inbox. */
  readonly inbox: string | undefined;
}

/** What became of a push. */
export type Pushed = 'done' | 'moved' | 'dirty';

/**
 * The place where a peer's commits and ours meet: a clone that no server holds, and a relay, which
 * both the clone and our database reach as a `file://` remote. Everything that needs the peer or its
 * password happens in `dolt` processes of our own, on the clone. Why: docs/decisions/0090.
 */
export interface Exchange {
  /** Address of the relay. */
  readonly relay: string;
  /** Makes relay and clone where they are missing. */
  prepare(): Promise<void>;
  /** Fetches from the peer. @returns undefined when it has no data at all */
  fetch(): Promise<PeerTips | undefined>;
  /** Puts a fetched commit on the relay's branch `theirs`, for our database to fetch. */
  offer(commit: string): Promise<void>;
  /** Takes the relay's branch `ours`, which our database pushed. */
  take(): Promise<void>;
  /** Pushes what was taken to a branch of the peer, by default the one that is synced. */
  push(onto?: string): Promise<Pushed>;
  /** Pushes to a peer that holds nothing but Dolt's own first commit. */
  pushFirst(): Promise<Pushed>;
  /** Opens the clone: its branches `ours` and `peer/<branch>` tell both sides. */
  open(branch?: string): Promise<Database>;
}

export function createExchange(options: ExchangeOptions): Exchange {
  const { peer, directory, branch, timeoutMs, onProgress: onLine } = options;
  const [relayPath, clone] = [join(directory, 'relay'), join(directory, 'clone')];
  const relay = pathToFileURL(relayPath).href;
  const local = programFor(options, undefined);
  const remote = programFor(options, options.password);
  const user = peer.username === undefined ? [] : ['--user', peer.username];

  async function run(...args: string[]): Promise<void> {
    const ended = await runDolt(local, args, clone, { timeoutMs });
    if (ended.failed) throw broken(args, ended, directory);
  }

  /** Several statements in one process, which starts once. */
  function call(...statements: readonly [sql: string, ...parameters: string[]][]): Promise<void> {
    return run('sql', '-q', statements.map(([sql, ...parameters]) => formatSql(sql, parameters)).join('; '));
  }

  async function talk(doing: string, args: readonly string[]): Promise<EndedDolt> {
    const ended = await runDolt(remote, args, clone, { timeoutMs, onLine });
    if (ended.timedOut) throw remoteTimeout(doing, peer.url, timeoutMs);
    return ended;
  }

  return {
    relay,
    async prepare() {
      const ready = join(directory, 'ready');
      const url = await readFile(ready, 'utf8').catch(() => undefined);
      if (url === peer.url && existsSync(join(clone, '.dolt'))) return;
      for (const part of [ready, relayPath, clone]) await rm(part, { recursive: true, force: true, maxRetries: 3 });
      for (const part of [relayPath, clone]) {
        await makeDirectory(part).catch((error: unknown) => {
          throw fileError(error, `cannot make ${part}`);
        });
      }
      await run('init', '--name', 'beads', '--email', 'beads@local');
      await call(["CALL DOLT_REMOTE('add', 'relay', ?)", relay], ["CALL DOLT_REMOTE('add', 'peer', ?)", peer.url]);
      await writeFileAtomic(ready, peer.url);
    },
    async fetch() {
      const missing = missingDirectory(peer.url);
      if (missing) throw remoteError('fetch from', peer.url, `there is no directory ${missing}`);
      const ended = await talk('fetch from', ['fetch', '--prune', ...user, 'peer']);
      if (ended.failed && !isEmptyRemote(ended.output)) {
        throw denied(peer, remoteError('fetch from', peer.url, ended.output));
      }
      const db = await open();
      try {
        const rows = await db.query("SELECT name, hash FROM dolt_remote_branches WHERE name LIKE 'remotes/peer/%'");
        const hashes = new Map(rows.map((row) => [String(row['name']), String(row['hash'])]));
        const head = hashes.get(`remotes/peer/${branch}`);
        if (head !== undefined) return { head, inbox: hashes.get(`remotes/peer/${INBOX}`) };
        if (hashes.size > 0) throw remoteError('fetch from', peer.url, `it has no branch ${branch}`);
        return undefined;
      } finally {
        await db.close();
      }
    },
    async offer(commit) {
      const push = "CALL DOLT_PUSH('--force', 'relay', 'theirs:theirs')";
      await call(["CALL DOLT_BRANCH('-f', 'theirs', ?)", commit], [push]);
    },
    take: () =>
      call(
        ["CALL DOLT_FETCH('relay', 'refs/heads/ours:refs/remotes/relay/ours')"],
        ["CALL DOLT_BRANCH('-f', 'ours', 'relay/ours')"],
      ),
    async push(onto = branch) {
      return pushed(await talk('push to', ['push', ...user, 'peer', `ours:${onto}`]));
    },
    async pushFirst() {
      // An ordinary push of an empty commit: unlike the forced one that has to follow, since nothing
      // is common, it is refused where tables are not committed yet.
      await run('branch', '-f', 'probe', `peer/${branch}`);
      const probe = await open('probe');
      try {
        const message = 'bd: before the first sync';
        await probe.query("CALL DOLT_COMMIT('--allow-empty', '-m', ?, '--author', 'beads <beads@local>')", [message]);
      } finally {
        await probe.close();
      }
      const probed = pushed(await talk('push to', ['push', ...user, 'peer', `probe:${branch}`]));
      if (probed !== 'done') return probed;
      return pushed(await talk('push to', ['push', ...user, '--force', 'peer', `ours:${branch}`]));
    },
    open,
  };

  function pushed(ended: EndedDolt): Pushed {
    if (!ended.failed) return 'done';
    if (/uncommitted changes/i.test(ended.output)) return 'dirty';
    if (/non-fast-forward|tip of your current branch is behind|fetch first|optimistic lock/i.test(ended.output)) {
      return 'moved';
    }
    throw denied(peer, remoteError('push to', peer.url, ended.output));
  }

  function open(at?: string): Promise<Database> {
    return openEmbedded({
      ...local,
      directory: clone,
      database: at === undefined ? 'clone' : `clone/${at}`,
      lockDirectory: join(directory, 'clone-lock'),
      purpose: 'bd federation',
    });
  }
}

/** Of the credentials in our own environment none goes along: they may be another remote's. */
function programFor({ program, peer }: ExchangeOptions, password: string | undefined): DoltProgram {
  const { DOLT_REMOTE_USER: _user, DOLT_REMOTE_PASSWORD: _password, ...env } = program.env;
  for (const name of Object.keys(env)) if (/^BEADS_DOLT_PASSWORD$|^DOLT_CLI_PASSWORD$/.test(name)) delete env[name];
  const credentials = { DOLT_REMOTE_USER: peer.username, DOLT_REMOTE_PASSWORD: password };
  return { ...program, env: password === undefined ? env : { ...env, ...credentials } };
}

function denied(peer: Peer, error: AppError): AppError {
  if (error.code !== 'ACCESS_DENIED') return error;
  const { name, username } = peer;
  const grants = /has not been granted (\w+)/.exec(error.message)?.[1];
  const right = grants?.startsWith('Super') ? 'SUPER' : grants;
  const hint = right
    ? `over there: GRANT ${right} ON *.* TO '${username}'; Dolt wants CLONE_ADMIN to fetch and SUPER to push`
    : `bd federation set-credentials ${name} --user ${username ?? 'USER'}   gives user and password`;
  return new AppError('ACCESS_DENIED', error.message, { hint, cause: error });
}

function broken(args: readonly string[], ended: EndedDolt, directory: string): AppError {
  const why = ended.timedOut ? 'it took too long' : ended.output;
  return new AppError('SQL_ERROR', `dolt ${args[0]} failed in ${directory}: ${why}`, {
    hint: `remove ${directory}, which holds nothing but copies, and run the command again`,
  });
}
