import { sqlLiteral, sqlName } from '../sql-text.ts';
import type { Session } from './session.ts';

/** A branch; equal hashes are equal content, since Dolt names everything by a hash of what it holds. */
export interface BranchState {
  readonly name: string;
  /** Its last commit. */
  readonly head: string;
  /** Hash of all tables as they are now, also of those kept out of the history. */
  readonly working: string;
  /** Hash of what is staged. */
  readonly staged: string;
}

/** What a database holds, in hashes. Two databases with equal fingerprints are equal, to the last row. */
export interface Fingerprint {
  readonly branches: readonly BranchState[];
  readonly tags: readonly { readonly name: string; readonly hash: string }[];
}

/** Reads the fingerprint; the session is at the database after. */
export async function readFingerprint(session: Session, database: string): Promise<Fingerprint> {
  await session.run(`USE ${sqlName(database)}`);
  const heads = await session.run('SELECT name, hash FROM dolt_branches ORDER BY name');
  const tags = await session.run('SELECT tag_name, tag_hash FROM dolt_tags ORDER BY tag_name');
  const branches: BranchState[] = [];
  for (const row of heads.rows) {
    const name = String(row['name']);
    await session.run(`USE ${sqlName(`${database}/${name}`)}`);
    const state = await session.run("SELECT DOLT_HASHOF_DB('WORKING') AS working, DOLT_HASHOF_DB('STAGED') AS staged");
    const [hashes] = state.rows;
    branches.push({
      name,
      head: String(row['hash']),
      working: String(hashes?.['working']),
      staged: String(hashes?.['staged']),
    });
  }
  await session.run(`USE ${sqlName(database)}`);
  return {
    branches,
    tags: tags.rows.map((row) => ({ name: String(row['tag_name']), hash: String(row['tag_hash']) })),
  };
}

export function isSameFingerprint(a: Fingerprint, b: Fingerprint): boolean {
  return differenceOf(a, b) === undefined;
}

/**
 * The first thing in which two databases differ, told of the second.
 *
 * @returns undefined when they are equal
 */
export function differenceOf(a: Fingerprint, b: Fingerprint): string | undefined {
  for (const one of a.branches) {
    const other = b.branches.find(({ name }) => name === one.name);
    if (!other) return `branch "${one.name}" is not there`;
    if (other.head !== one.head) return `branch "${one.name}" is at ${other.head}, not ${one.head}`;
    if (other.working !== one.working) return `the tables of branch "${one.name}" differ`;
    if (other.staged !== one.staged) return `what is staged on branch "${one.name}" differs`;
  }
  const more = b.branches.find(({ name }) => !a.branches.some((one) => one.name === name));
  if (more) return `there is a branch "${more.name}" more`;
  const tag = a.tags.find(({ name, hash }) => !b.tags.some((one) => one.name === name && one.hash === hash));
  if (tag) return `tag "${tag.name}" is not there, or elsewhere`;
  return a.tags.length === b.tags.length ? undefined : 'there are more tags';
}

/** What is told of a database beside its fingerprint. */
export interface Description {
  readonly doltVersion: string;
  /** The branch that is used. */
  readonly branch: string;
  /** Of beads; null in any other database. */
  readonly projectId: string | null;
  readonly remotes: readonly { readonly name: string; readonly url: string }[];
  /** Rows of each table of that branch. */
  readonly tables: Readonly<Record<string, number>>;
}

export async function describeDatabase(session: Session, database: string): Promise<Description> {
  const { rows } = await session.run('SELECT DOLT_VERSION() AS version, ACTIVE_BRANCH() AS branch');
  const remotes = await session.run('SELECT name, url FROM dolt_remotes ORDER BY name');
  const names = await session.run(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ${sqlLiteral(database)} AND table_type = 'BASE TABLE' ORDER BY table_name`,
  );
  const tables: Record<string, number> = {};
  for (const row of names.rows) {
    const name = String(row['name']);
    const counted = await session.run(`SELECT COUNT(*) AS n FROM ${sqlName(name)}`);
    tables[name] = Number(counted.rows[0]?.['n']);
  }
  return {
    doltVersion: String(rows[0]?.['version']),
    branch: String(rows[0]?.['branch']),
    projectId: await readProjectId(session, database),
    remotes: remotes.rows.map((row) => ({ name: String(row['name']), url: String(row['url']) })),
    tables,
  };
}

/** Looked for first: an error ends the session of a directory. */
export async function readProjectId(session: Session, database: string): Promise<string | null> {
  const { rows } = await session.run(
    `SELECT COUNT(*) AS n FROM information_schema.columns WHERE table_schema = ${sqlLiteral(database)} AND table_name = 'metadata' AND column_name IN ('key', 'value')`,
  );
  if (Number(rows[0]?.['n']) !== 2) return null;
  const found = await session.run("SELECT value FROM metadata WHERE `key` = '_project_id'");
  const value = found.rows[0]?.['value'];
  return typeof value === 'string' && value !== '' ? value : null;
}
