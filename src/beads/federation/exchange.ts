import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openEmbedded } from '../../database/embedded.ts';
import { doltFileUrl } from '../../database/file-url.ts';
import { isEmptyRemote, remoteError, remoteTimeout } from '../../database/remote-error.ts';
import { missingDirectory } from '../../database/remote-url.ts';
import type { DoltProgram } from '../../database/run-dolt.ts';
import { SqlError } from '../../database/sql-error.ts';
import type { Database } from '../../database/types.ts';
import { AppError, messageOf } from '../../errors.ts';
import { fileError, writeFileAtomic } from '../../util/atomic-write.ts';
import { makeDirectory } from '../../util/make-directory.ts';
import { watchTime } from '../remotes/watch-time.ts';
import { broken, makeClone, type NewClone } from './make-clone.ts';
import { denied, programFor } from './peer-program.ts';
import type { Peer } from './peers.ts';

export interface ExchangeOptions {
  readonly peer: Peer;
  /** Of the peer's user; only ever in the environment of the process that talks to the peer. */
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
 * password happens in a `dolt sql` of our own, on the clone. Why: docs/decisions/0090 and 0111.
 */
export interface Exchange {
  /** Address of the relay; another one may come with `prepare`, after `give`. */
  readonly relay: string;
  /** Whether `prepare` has just made it, of a peer that has more than we. */
  readonly isNew: boolean;
  /**
   * Makes relay and clone where they are missing.
   *
   * @param give pushes our branch to the relay
   */
  prepare(give: () => Promise<void>): Promise<void>;
  /** Fetches from the peer. @returns undefined when it has no data at all */
  fetch(): Promise<PeerTips | undefined>;
  /** Puts a fetched commit on the relay's branch `theirs`, for our database to fetch. */
  offer(commit: string): Promise<void>;
  /** Takes the relay's branch `ours`, which our database pushed. */
  take(): Promise<void>;
  /** The commit of ours that was taken last. */
  taken(): Promise<string>;
  /** Pushes what was taken to a branch of the peer, by default the one that is synced. */
  push(onto?: string): Promise<Pushed>;
  /** Pushes to a peer that holds nothing but Dolt's own first commit. */
  pushFirst(): Promise<Pushed>;
  /** The clone, on its branch `ours`; `peer/<branch>` is the other side. Closed with the exchange. */
  open(): Promise<Database>;
  close(): Promise<void>;
}

export async function createExchange(options: ExchangeOptions): Promise<Exchange> {
  const { peer, directory, branch, timeoutMs, onProgress } = options;
  const ready = join(directory, 'ready');
  const [url, kept = '', copy] = (await readFile(ready, 'utf8').catch(() => '')).split('\n');
  const there = [kept, join(copy || 'clone', '.dolt')].every((name) => existsSync(join(directory, name)));
  const usable = url === peer.url && kept !== '' && there;
  // Each is used once: a server remembers what it put in a directory, also when that was removed, and
  // the child of a bd that was killed may still write.
  const random = () => randomBytes(4).toString('hex');
  const newRelay = () => join(directory, `relay-${random()}`);
  const clone = usable ? copy || 'clone' : `clone_${random()}`;
  let relay = usable ? join(directory, kept) : newRelay();
  const user = peer.username === undefined ? [] : ['--user', peer.username];
  let isNew = false;
  let isFresh = false;
  let opened: Promise<Database> | undefined;

  // One process for all: its start takes longer than most of what it does.
  function open(): Promise<Database> {
    opened ??= openEmbedded({
      ...programFor(options, options.password),
      ...{ directory, remotes: true, sameGroup: true, statementTimeoutMs: timeoutMs },
      // The clone is made by the first child; one that comes after a failure finds it.
      get database() {
        return existsSync(join(directory, clone, '.dolt')) ? `${clone}/ours` : '';
      },
      lockDirectory: join(directory, 'clone-lock'),
      purpose: 'bd federation',
    });
    return opened;
  }

  async function call(sql: string, ...parameters: string[]): Promise<void> {
    const db = await open();
    await db.query(sql, parameters).catch((error: unknown) => {
      throw broken(sql, messageOf(error), directory);
    });
  }

  /** @returns what Dolt said of a failure */
  async function talk(doing: string, procedure: string, ...parameters: string[]): Promise<string | undefined> {
    const all = [...user, ...parameters];
    const started = performance.now();
    const watch = watchTime(`${doing} ${peer.name}`, onProgress);
    try {
      const db = await open();
      await db.query(`CALL ${procedure}(${all.map(() => '?').join(', ')})`, all);
      return undefined;
    } catch (error) {
      if (performance.now() - started > timeoutMs - CLOCK_MS) throw remoteTimeout(doing, peer.url, timeoutMs);
      if (error instanceof SqlError) return error.message;
      if (error instanceof AppError && error.code === 'WRITE_UNCERTAIN') return messageOf(error.cause);
      throw error;
    } finally {
      clearInterval(watch);
    }
  }

  function pushed(said: string | undefined): Pushed {
    if (said === undefined) return 'done';
    if (/uncommitted changes/i.test(said)) return 'dirty';
    if (MOVED.test(said) || UNSETTLED.test(said)) return 'moved';
    throw denied(peer, remoteError('push to', peer.url, said));
  }

  async function fetchPeer(): Promise<void> {
    const missing = missingDirectory(peer.url);
    if (missing) throw remoteError('fetch from', peer.url, `there is no directory ${missing}`);
    const ask = () => talk('fetch from', 'DOLT_FETCH', '--prune', 'peer');
    const first = await ask();
    const said = first !== undefined && UNSETTLED.test(first) ? await ask() : first;
    if (said !== undefined && !isEmptyRemote(said)) throw unreachable(said);
  }

  const unreachable = (said: string) => denied(peer, remoteError('fetch from', peer.url, said));

  return {
    get relay() {
      return doltFileUrl(relay);
    },
    get isNew() {
      return isNew;
    },
    async prepare(give) {
      if (usable) return;
      const left = (await readdir(directory)).filter((name) => LEFT.test(name));
      for (const part of left) await rm(join(directory, part), { recursive: true, force: true, maxRetries: 3 });
      await makeDirectory(relay).catch((error: unknown) => {
        throw fileError(error, `cannot make ${relay}`);
      });
      const ask: NewClone['talk'] = (procedure, ...parameters) => talk('fetch from', procedure, ...parameters);
      const places = { directory, clone, relay, secondRelay: newRelay() };
      const made = await makeClone({ ...places, peer, branch, call, talk: ask, unreachable, give });
      isNew = made !== relay;
      isFresh = isNew;
      relay = made;
      await writeFileAtomic(ready, `${peer.url}\n${basename(relay)}\n${clone}\n`);
    },
    async fetch() {
      // What was cloned a moment ago needs no second look.
      if (!isFresh) await fetchPeer();
      isFresh = false;
      const db = await open();
      const rows = await db.query("SELECT name, hash FROM dolt_remote_branches WHERE name LIKE 'remotes/peer/%'");
      const hashes = new Map(rows.map((row) => [String(row['name']), String(row['hash'])]));
      const head = hashes.get(`remotes/peer/${branch}`);
      if (head !== undefined) return { head, inbox: hashes.get(`remotes/peer/${INBOX}`) };
      if (hashes.size > 0) throw remoteError('fetch from', peer.url, `it has no branch ${branch}`);
      return undefined;
    },
    async offer(commit) {
      await call("CALL DOLT_BRANCH('-f', 'theirs', ?)", commit);
      await call("CALL DOLT_PUSH('--force', 'relay', 'theirs:theirs')");
    },
    async take() {
      await call("CALL DOLT_FETCH('relay', 'refs/heads/ours:refs/remotes/relay/ours')");
      await call("CALL DOLT_RESET('--hard', 'relay/ours')");
    },
    async taken() {
      const [row] = await (await open()).query("SELECT DOLT_HASHOF('ours') AS hash");
      return String(row?.['hash']);
    },
    push: async (onto = branch) => pushed(await talk('push to', 'DOLT_PUSH', 'peer', `ours:${onto}`)),
    async pushFirst() {
      // An ordinary push of an empty commit: unlike the forced one that has to follow, since nothing
      // is common, it is refused where tables are not committed yet.
      const message = 'bd: before the first sync';
      await call("CALL DOLT_BRANCH('-f', 'probe', ?)", `peer/${branch}`);
      await call("CALL DOLT_CHECKOUT('probe')");
      await call("CALL DOLT_COMMIT('--allow-empty', '-m', ?, '--author', 'beads <beads@local>')", message);
      await call("CALL DOLT_CHECKOUT('ours')");
      const probed = pushed(await talk('push to', 'DOLT_PUSH', 'peer', `probe:${branch}`));
      if (probed !== 'done') return probed;
      return pushed(await talk('push to', 'DOLT_PUSH', '--force', 'peer', `ours:${branch}`));
    },
    open,
    async close() {
      await (await opened)?.close();
    },
  };
}

// Of a clone that was not finished, or is another address's.
const LEFT = /^(?:ready|clone|copy|relay|\.dolt_dropped)(?!.*lock)/;

const MOVED = /non-fast-forward|tip of your current branch is behind|fetch first|optimistic lock/i;
// Of a server that writes at this moment.
const UNSETTLED = /responded with more chunks than we asked for/i;

// Timers may be early by this much, in ms.
const CLOCK_MS = 100;
