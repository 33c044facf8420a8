import { type Fingerprint, readFingerprint, readProjectId } from '../../database/backup/fingerprint.ts';
import type { Session } from '../../database/backup/session.ts';
import { sqlLiteral, sqlName } from '../../database/sql-text.ts';
import { CARRIER } from '../backup/replace-in-place.ts';
import { onDirectory } from './embedded-source.ts';
import type { MoveContext } from './move-context.ts';

/** A database that a server has. */
export interface OnServer {
  readonly projectId: string | null;
  /** Undefined for one without tables and history: what a restore leaves that the server's end cut off. */
  readonly fingerprint: Fingerprint | undefined;
}

/**
 * Looks at a database by its name; the session is at `information_schema`, and is so again after.
 *
 * @returns undefined when the server has none of that name
 */
export async function inspectOnServer(session: Session, database: string): Promise<OnServer | undefined> {
  const { rows } = await session.run('SHOW DATABASES');
  if (!rows.some((row) => String(row['Database']).toLowerCase() === database.toLowerCase())) return undefined;
  const tables = await session.run(
    `SELECT COUNT(*) AS n FROM information_schema.tables WHERE table_schema = ${sqlLiteral(database)}`,
  );
  await session.run(`USE ${sqlName(database)}`);
  try {
    const fingerprint = await readFingerprint(session, database);
    const commits = await session.run('SELECT COUNT(*) AS n FROM dolt_commits');
    const isEmpty =
      Number(tables.rows[0]?.['n']) === 0 && Number(commits.rows[0]?.['n']) <= 1 && fingerprint.branches.length <= 1;
    if (isEmpty) return { projectId: null, fingerprint: undefined };
    return { projectId: await readProjectId(session, database), fingerprint };
  } finally {
    await session.run('USE information_schema');
  }
}

/** Whether everything that a server's database holds is in the history of the one that goes there. */
export async function isContained(
  { plan, program }: MoveContext,
  session: Session,
  directory: string,
  fingerprint: Fingerprint,
): Promise<boolean> {
  const { embedded, server } = plan;
  for (const { name } of fingerprint.branches) {
    const dirty = await session.run(`SELECT COUNT(*) AS n FROM ${sqlName(`${server.database}/${name}`)}.dolt_status`);
    if (Number(dirty.rows[0]?.['n']) > 0) return false;
  }
  await session.run(`USE ${sqlName(server.database)}`);
  const known = await headsOf(session, fingerprint);
  await session.run('USE information_schema');
  const heads = known.map(sqlLiteral).join(', ');
  return onDirectory(program, directory, embedded.database, async (own) => {
    const { rows } = await own.run(
      `SELECT COUNT(DISTINCT commit_hash) AS n FROM dolt_commits WHERE commit_hash IN (${heads})`,
    );
    return Number(rows[0]?.['n']) === new Set(known).size;
  });
}

/** The heads; where a killed move left one that carries what is not committed, the commit before it. */
async function headsOf(session: Session, { branches }: Fingerprint): Promise<string[]> {
  const heads: string[] = [];
  for (const { head } of branches) {
    const { rows } = await session.run(
      `SELECT message, parents FROM DOLT_LOG(${sqlLiteral(head)}, '--parents') LIMIT 1`,
    );
    const [first] = String(rows[0]?.['parents'] ?? '').split(', ');
    heads.push(rows[0]?.['message'] === CARRIER && first ? first : head);
  }
  return heads;
}
