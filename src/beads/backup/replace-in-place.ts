import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fingerprint } from '../../database/backup/fingerprint.ts';
import { sync } from '../../database/backup/make-backup.ts';
import { directorySessions, type Session } from '../../database/backup/session.ts';
import { type StagedDatabase, stageBackup } from '../../database/backup/stage.ts';
import { doltFileUrl } from '../../database/file-url.ts';
import type { DoltProgram } from '../../database/run-dolt.ts';
import { sqlLiteral, sqlName } from '../../database/sql-text.ts';
import { AppError } from '../../errors.ts';
import { fileError } from '../../util/atomic-write.ts';

export interface ReplaceInPlaceOptions {
  /** A connection to the server that has the database. */
  session: Session;
  program: DoltProgram;
  /** Directory of the backup. */
  store: string;
  database: string;
  /** A directory of ours, for copies. */
  scratch: string;
  onProgress: (text: string) => void;
}

/** Message of the commits that carry what is not committed; no branch keeps one. */
export const CARRIER = 'bd: what is not committed, on its way to a server';
const REMOTE = 'bd-replace';

/**
 * Gives a database on a server the branches, tags and working sets of a backup, without dropping it:
 * a rig's own database lies in the very directory that its server runs in, and Dolt would make the
 * new one elsewhere. docs/decisions/0131-replacing-in-place.md. Its remotes are gone after.
 *
 * @throws AppError IO_ERROR, DISK_FULL, and SqlErrors of the server
 */
export async function replaceInPlace(options: ReplaceInPlaceOptions): Promise<void> {
  const { session, program, store, database, scratch, onProgress } = options;
  const parent = join(scratch, '.in-place');
  await mkdir(parent).catch((error: unknown) => {
    throw fileError(error, `cannot make ${parent}`);
  });
  const staged = await stageBackup({ ...program, store, parent, database, onProgress });
  const carried = join(scratch, '.carried');
  const branches = await commitWorkingSets(program, staged, database, carried);
  await session.run(`USE ${sqlName(database)}`);
  await removeRemotes(session);
  await session.run(`CALL DOLT_REMOTE('add', '${REMOTE}', ${sqlLiteral(doltFileUrl(carried))})`);
  await session.run(`CALL DOLT_FETCH('${REMOTE}')`);
  const there = await namesOf(session);
  for (const { name, head, carrier } of branches) {
    if (!there.includes(name)) await session.run(`CALL DOLT_BRANCH(${sqlLiteral(name)}, '${carrier}')`);
    await session.run(`USE ${sqlName(`${database}/${name}`)}`);
    // Ends a merge that was begun. A reset leaves alone what is in no commit, so that becomes part of one.
    await session.run("CALL DOLT_RESET('--hard')");
    await commitAll(session);
    await session.run(`CALL DOLT_RESET('--hard', '${carrier}')`);
    await session.run(`CALL DOLT_RESET('--soft', '${head}')`);
    await session.run('CALL DOLT_RESET()');
  }
  await session.run(`USE ${sqlName(database)}`);
  for (const name of there.filter((each) => !branches.some((branch) => branch.name === each))) {
    await session.run(`CALL DOLT_BRANCH('-D', ${sqlLiteral(name)})`);
  }
  await replaceTags(session, staged.fingerprint.tags);
  await removeRemotes(session);
  await session.run('USE information_schema');
}

interface CarriedBranch {
  readonly name: string;
  readonly head: string;
  /** The commit that holds what is not committed; its parent is the head. */
  readonly carrier: string;
}

function commitWorkingSets(
  program: DoltProgram,
  staged: StagedDatabase,
  database: string,
  to: string,
): Promise<CarriedBranch[]> {
  return directorySessions(
    program,
    staged.directory,
    database,
  )(async (own) => {
    const branches: CarriedBranch[] = [];
    for (const { name, head } of staged.fingerprint.branches) {
      await own.run(`USE ${sqlName(`${database}/${name}`)}`);
      branches.push({ name, head, carrier: await commitAll(own) });
    }
    await own.run(`USE ${sqlName(database)}`);
    await sync(own, to);
    return branches;
  });
}

/** Commits what is not committed, the tables of one clone too. @returns the commit */
async function commitAll(session: Session): Promise<string> {
  await session.run("CALL DOLT_ADD('-A', '-f')");
  const { rows } = await session.run(
    `CALL DOLT_COMMIT('--allow-empty', '-m', '${CARRIER}', '--author', 'beads <beads@local>')`,
  );
  const hash = rows[0]?.['hash'];
  if (typeof hash === 'string') return hash;
  throw new AppError('IO_ERROR', 'Dolt did not say which commit it made');
}

async function namesOf(session: Session): Promise<string[]> {
  const { rows } = await session.run('SELECT name FROM dolt_branches');
  return rows.map((row) => String(row['name']));
}

async function removeRemotes(session: Session): Promise<void> {
  const { rows } = await session.run('SELECT name FROM dolt_remotes');
  for (const row of rows) await session.run(`CALL DOLT_REMOTE('remove', ${sqlLiteral(String(row['name']))})`);
}

async function replaceTags(session: Session, wanted: Fingerprint['tags']): Promise<void> {
  const { rows } = await session.run('SELECT tag_name, tag_hash FROM dolt_tags');
  const isWanted = (name: string, hash: string) => wanted.some((tag) => tag.name === name && tag.hash === hash);
  const there = rows.map((row) => ({ name: String(row['tag_name']), hash: String(row['tag_hash']) }));
  for (const { name, hash } of there) {
    if (!isWanted(name, hash)) await session.run(`CALL DOLT_TAG('-d', ${sqlLiteral(name)})`);
  }
  for (const { name, hash } of wanted) {
    const kept = there.some((tag) => tag.name === name && tag.hash === hash);
    if (!kept) await session.run(`CALL DOLT_TAG(${sqlLiteral(name)}, '${hash}')`);
  }
}
