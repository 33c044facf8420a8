import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../errors.ts';
import { acquireLock } from '../../util/process-lock.ts';
import { RELAY_PREFIX } from './peer-address.ts';
import type { TownDatabase } from './peers.ts';

/** Our database's side of an exchange. */
export interface RelayRemote {
  /** Pushes our branch to the relay, as `ours`. */
  give(): Promise<void>;
  /** Fetches `theirs` of the relay, as a branch of the peer: `beta/main`. */
  receive(as: string): Promise<void>;
}

export interface RelayOptions {
  /** Name of the peer. */
  readonly peer: string;
  /** Address of the relay, see Exchange. */
  readonly exchange: { readonly relay: string };
  readonly branch: string;
  /** Directory of the lock that all exchanges of the database share. */
  readonly lockDirectory: string;
  /** How long to wait for the others, in ms. */
  readonly timeoutMs: number;
}

/**
 * The relay is a remote of our database only while something goes through it, since other tools take
 * every remote for a peer. One exchange at a time: Dolt keeps all remotes in one file.
 */
export function createRelayRemote(beads: TownDatabase, options: RelayOptions): RelayRemote {
  const { db } = beads;
  const { peer, exchange, branch, lockDirectory, timeoutMs } = options;
  const remote = `${RELAY_PREFIX}${peer}`;

  async function through(work: () => Promise<unknown>): Promise<void> {
    const lock = await acquireLock({
      directory: lockDirectory,
      purpose: 'bd federation',
      subject: 'the exchange with peers',
      timeoutMs,
    });
    try {
      // A killed process may have left it.
      await remove();
      await db.query("CALL DOLT_REMOTE('add', ?, ?)", [remote, exchange.relay]);
      await work();
    } finally {
      await remove().catch(() => undefined);
      await lock.release();
    }
  }

  async function remove(): Promise<void> {
    const rows = await db.query('SELECT 1 AS one FROM dolt_remotes WHERE name = ?', [remote]);
    if (rows.length > 0) await db.query("CALL DOLT_REMOTE('remove', ?)", [remote]);
  }

  return {
    async give() {
      await through(() => db.query("CALL DOLT_PUSH('--force', ?, ?)", [remote, `${branch}:ours`]));
      if (!existsSync(join(fileURLToPath(exchange.relay), 'manifest'))) throw elsewhere(beads);
    },
    receive: (as) =>
      through(() => db.query('CALL DOLT_FETCH(?, ?)', [remote, `refs/heads/theirs:refs/remotes/${peer}/${as}`])),
  };
}

function elsewhere(beads: TownDatabase): AppError {
  const { target } = beads.location;
  const at = target.mode === 'server' ? ` at ${target.endpoint.host}:${target.endpoint.port}` : '';
  return new AppError('IO_ERROR', `the Dolt server${at} does not see the files of this machine`, {
    hint: 'run bd federation on the machine, and as the user, of that server',
  });
}
