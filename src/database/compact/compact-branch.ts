import { AppError } from '../../errors.ts';
import type { Session } from '../backup/session.ts';
import { sqlLiteral, sqlName } from '../sql-text.ts';
import { writeLockName } from '../write-turn.ts';
import { type ChainedCommit, readChain } from './commit-chain.ts';

export interface CompactOptions {
  database: string;
  /** Commits before this become one. */
  olderThan: Date;
  /** Author of that one: `Name <email>`. */
  author: string;
  /** Called before anything is done, and only if there is something to do. */
  before: () => Promise<void>;
  onProgress: (text: string) => void;
}

export interface Compaction {
  readonly branch: string;
  /** Commits of the branch before and after. */
  readonly commitsBefore: number;
  readonly commitsAfter: number;
  /** How many became one; 0 when there was nothing to do. */
  readonly squashed: number;
  readonly head: string;
}

/** Where the new history is made; a run that was killed leaves it to the next. */
const SCRATCH = 'gt_compact';
const TURN_SECONDS = 30;

/**
 * Makes one commit of all that are older than a time, and writes the younger ones again on top of
 * it, each with its content, message, author and date. It is made on a branch of its own; the real
 * one moves in one step, when both heads hold the same to the last row. What is not committed stays.
 * Merges become plain commits. The session must be at the database, and at its branch.
 *
 * @throws AppError LOCK_TIMEOUT when others write, IO_ERROR when the result is not the same
 */
export async function compactBranch(session: Session, options: CompactOptions): Promise<Compaction> {
  const { database } = options;
  const branch = await textOf(session, 'SELECT ACTIVE_BRANCH() AS value');
  const on = (name: string) => session.run(`USE ${sqlName(`${database}/${name}`)}`);
  const head = await headOf(session, branch);
  const chain = await readChain(session, head);
  const [root, ...rest] = chain;
  const limit = options.olderThan.toISOString();
  const young = rest.findIndex(({ date }) => date >= limit);
  const old = young < 0 ? rest : rest.slice(0, young);
  const last = old.at(-1);
  const unchanged = { branch, commitsBefore: chain.length, commitsAfter: chain.length, squashed: 0, head };
  if (!root || !last || old.length < 2) return unchanged;

  await options.before();
  await dropScratch(session);
  try {
    await session.run(`CALL DOLT_BRANCH('${SCRATCH}', ${sqlLiteral(root.hash)})`);
    await on(SCRATCH);
    options.onProgress(`making one commit of ${old.length}`);
    const first = {
      ...last,
      message: `Squash ${old.length} commits until ${last.date}`,
      author: options.author,
    };
    let made = await writeAgain(session, first, root.hash);
    const younger = rest.slice(old.length);
    for (const [index, commit] of younger.entries()) {
      if (index % 500 === 499) options.onProgress(`${index + 1} of ${younger.length} younger commits`);
      made = await writeAgain(session, commit, made);
    }
    // Writers who take turns wait from here on; what they committed meanwhile is written again too.
    await takeTurn(session, database);
    const now = await headOf(session, branch);
    const added = now === head ? [] : await commitsSince(session, now, head);
    for (const commit of added) made = await writeAgain(session, commit, made);
    const content = () => textOf(session, "SELECT DOLT_HASHOF_DB('HEAD') AS value");
    const after = await content();
    await on(branch);
    if ((await content()) !== after) {
      throw new AppError('IO_ERROR', 'the new history does not end with the same content; nothing was changed');
    }
    await session.run(`CALL DOLT_RESET('--soft', ${sqlLiteral(made)})`);
    const commitsAfter = 2 + younger.length + added.length;
    return { branch, commitsBefore: chain.length + added.length, commitsAfter, squashed: old.length, head: made };
  } finally {
    await on(branch);
    await session.run(`SELECT RELEASE_LOCK(${sqlLiteral(writeLockName(database))})`);
    await dropScratch(session);
  }
}

/** A commit of the same content on another parent. @returns its hash */
async function writeAgain(session: Session, commit: ChainedCommit, parent: string): Promise<string> {
  await session.run(`CALL DOLT_RESET('--hard', ${sqlLiteral(commit.hash)})`);
  await session.run(`CALL DOLT_RESET('--soft', ${sqlLiteral(parent)})`);
  const words = ['-A', '--allow-empty', '-m', commit.message || '(no message)', '--author', commit.author];
  const { rows } = await session.run(
    `CALL DOLT_COMMIT(${[...words, '--date', commit.date].map((word) => sqlLiteral(word)).join(', ')})`,
  );
  return String(rows[0]?.['hash']);
}

async function commitsSince(session: Session, now: string, before: string): Promise<ChainedCommit[]> {
  const chain = await readChain(session, now);
  const at = chain.findIndex(({ hash }) => hash === before);
  if (at >= 0) return chain.slice(at + 1);
  throw new AppError('CONFLICT', 'somebody else rewrote the history meanwhile; nothing was changed', {
    hint: 'run the command again',
  });
}

async function takeTurn(session: Session, database: string): Promise<void> {
  const lock = sqlLiteral(writeLockName(database));
  const { rows } = await session.run(`SELECT GET_LOCK(${lock}, ${TURN_SECONDS}) AS got`);
  if (Number(rows[0]?.['got']) === 1) return;
  throw new AppError('LOCK_TIMEOUT', `waited ${TURN_SECONDS}s for the turn to write in "${database}"`, {
    hint: 'nothing was changed; wait for who writes there, then run the command again',
  });
}

async function dropScratch(session: Session): Promise<void> {
  const { rows } = await session.run(`SELECT COUNT(*) AS n FROM dolt_branches WHERE name = '${SCRATCH}'`);
  if (Number(rows[0]?.['n']) > 0) await session.run(`CALL DOLT_BRANCH('-D', '${SCRATCH}')`);
}

function headOf(session: Session, branch: string): Promise<string> {
  return textOf(session, `SELECT DOLT_HASHOF(${sqlLiteral(branch)}) AS value`);
}

async function textOf(session: Session, sql: string): Promise<string> {
  return String((await session.run(sql)).rows[0]?.['value']);
}
