import type { Database } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { SCHEMA_LEVEL } from '../schema/level.ts';

/** What a fetched database of a peer says of itself. */
export interface PeerState {
  readonly head: string;
  /** No tables, and no commit but the first: a database that nobody used. */
  readonly unused: boolean;
  readonly level: number;
  readonly projectId: string | undefined;
}

/** @param clone the clone of an exchange, with a commit that was fetched */
export async function readPeerState(clone: Database, head: string): Promise<PeerState> {
  // Views are those of the branch that is current, whatever the commit.
  const listed = await clone.query("SHOW FULL TABLES AS OF ? WHERE Table_type = 'BASE TABLE'", [head]);
  const tables = new Set(listed.map((row) => String(Object.entries(row).find(([key]) => key !== 'Table_type')?.[1])));
  const unused =
    tables.size === 0 && (await clone.query('SELECT 1 AS one FROM DOLT_LOG(?) LIMIT 2', [head])).length <= 1;
  if (!tables.has('schema_migrations') || !tables.has('metadata')) {
    return { head, unused, level: 0, projectId: undefined };
  }
  const [level] = await clone.query('SELECT MAX(version) AS level FROM schema_migrations AS OF ?', [head]);
  const [project] = await clone.query("SELECT value FROM metadata AS OF ? WHERE `key` = '_project_id'", [head]);
  const id = project?.['value'];
  return {
    head,
    unused,
    level: Number(level?.['level'] ?? 0),
    projectId: typeof id === 'string' && id !== '' ? id : undefined,
  };
}

/**
 * Refuses a peer that holds something else than this project with a schema that we know, before
 * anything of it comes near our database.
 *
 * @throws AppError IDENTITY_MISMATCH, SCHEMA_UNSUPPORTED
 */
export function requireSameProject(name: string, peer: PeerState, ownProject: string | undefined): void {
  if (peer.level > SCHEMA_LEVEL) {
    throw new AppError(
      'SCHEMA_UNSUPPORTED',
      `the peer ${name} has schema level ${peer.level}, and this bd knows ${SCHEMA_LEVEL}; nothing was merged`,
      { hint: 'update this program' },
    );
  }
  if (peer.level < SCHEMA_LEVEL) {
    const what = peer.level === 0 ? 'holds no beads database' : `has schema level ${peer.level}, made by an older tool`;
    throw new AppError('SCHEMA_UNSUPPORTED', `the peer ${name} ${what}; nothing was merged`, {
      hint: 'check the name of the database in the address: bd federation list-peers',
    });
  }
  if (peer.projectId === ownProject && ownProject !== undefined) return;
  throw new AppError(
    'IDENTITY_MISMATCH',
    `the peer ${name} serves another project (${peer.projectId ?? 'without an id'}, and this one is ${ownProject ?? 'without an id'}); nothing was merged`,
    {
      hint: 'check the address; towns that share issues begin with a clone: bd config set sync.remote URL, bd bootstrap',
    },
  );
}
