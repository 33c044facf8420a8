import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../errors.ts';
import type { Beads } from '../beads.ts';
import { RELAY_PREFIX } from './peer-address.ts';

/** Our database's side of an exchange. */
export interface RelayRemote {
  /** Pushes our branch to the relay, as `ours`. */
  give(): Promise<void>;
  /** Fetches `theirs` of the relay, as the branch of the peer: `beta/main`. */
  receive(): Promise<void>;
}

/**
 * Runs `work` while the relay is a remote of our database. It does not stay one: other tools take
 * every remote for a peer.
 */
export async function withRelay<T>(
  beads: Beads,
  relay: { name: string; url: string; branch: string },
  work: (remote: RelayRemote) => Promise<T>,
): Promise<T> {
  const { db } = beads;
  const remote = `${RELAY_PREFIX}${relay.name}`;
  await remove();
  await db.query("CALL DOLT_REMOTE('add', ?, ?)", [remote, relay.url]);
  try {
    return await work({
      async give() {
        await db.query("CALL DOLT_PUSH('--force', ?, ?)", [remote, `${relay.branch}:ours`]);
        if (!existsSync(join(fileURLToPath(relay.url), 'manifest'))) throw elsewhere(beads);
      },
      async receive() {
        const spec = `refs/heads/theirs:refs/remotes/${relay.name}/${relay.branch}`;
        await db.query('CALL DOLT_FETCH(?, ?)', [remote, spec]);
      },
    });
  } finally {
    await remove().catch(() => undefined);
  }

  async function remove(): Promise<void> {
    const rows = await db.query('SELECT 1 AS one FROM dolt_remotes WHERE name = ?', [remote]);
    if (rows.length > 0) await db.query("CALL DOLT_REMOTE('remove', ?)", [remote]);
  }
}

function elsewhere(beads: Beads): AppError {
  const { target } = beads.location;
  const at = target.mode === 'server' ? ` at ${target.endpoint.host}:${target.endpoint.port}` : '';
  return new AppError('IO_ERROR', `the Dolt server${at} does not see the files of this machine`, {
    hint: 'run bd federation sync on the machine, and as the user, of that server',
  });
}
