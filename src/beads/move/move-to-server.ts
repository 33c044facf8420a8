import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type Description,
  describeDatabase,
  differenceOf,
  type Fingerprint,
  isSameFingerprint,
  readFingerprint,
} from '../../database/backup/fingerprint.ts';
import { keepAside, sync } from '../../database/backup/make-backup.ts';
import { finishPlacing, keptPath, parkDatabase } from '../../database/backup/place.ts';
import { type Session, serverSessions } from '../../database/backup/session.ts';
import { sqlName } from '../../database/sql-text.ts';
import { AppError } from '../../errors.ts';
import { makeDirectory } from '../../util/make-directory.ts';
import { acquireLock } from '../../util/process-lock.ts';
import { quietly } from '../backup/quietly.ts';
import { addRemotes, restoreStore, takeTurn } from '../backup/replace-on-server.ts';
import { lockDirectory, serverOptions } from '../workspace/connect.ts';
import { endpointText } from '../workspace/endpoint.ts';
import { onDirectory } from './embedded-source.ts';
import { inspectOnServer, isContained } from './inspect-on-server.ts';
import { readLeftBehind } from './left-behind.ts';
import { type MoveContext, type MoveResult, nothingToMove, requireProject } from './move-context.ts';
import { switchMode } from './switch-mode.ts';

/** The database that is moved, as it was when its write lock was taken. */
interface Source {
  readonly directory: string;
  readonly projectId: string;
  readonly fingerprint: Fingerprint;
  readonly description: Description;
}

/** From `.beads/dolt` to a server. */
export async function moveToServer(context: MoveContext): Promise<MoveResult> {
  const { plan } = context;
  const { embedded, server } = plan;
  const directory = join(embedded.dataDir, embedded.database);
  if (!existsSync(join(directory, '.dolt'))) {
    if (plan.now === 'server') return stays(context);
    throw nothingToMove('embedded database', `${directory} is not there`, 'bd where   shows where it is looked for');
  }
  // Who waits for this lock looks at the settings no more: the database must be gone when it is free.
  const lock = await acquireLock({ directory: lockDirectory(embedded), purpose: 'bd dolt move', timeoutMs: 60_000 });
  try {
    return await serverSessions({ ...serverOptions(server), database: 'information_schema' })(async (session) => {
      await takeTurn(session, server.database);
      return await copyAndSwitch(context, session, directory);
    });
  } finally {
    await lock.release();
  }
}

async function copyAndSwitch(context: MoveContext, session: Session, directory: string): Promise<MoveResult> {
  const { plan, program, scratch, onProgress } = context;
  const { beadsDir, embedded, server } = plan;
  const store = join(scratch, 'store');
  onProgress(`Copying ${directory}`);
  const source = await onDirectory(program, directory, embedded.database, async (own): Promise<Source> => {
    const description = await describeDatabase(own, embedded.database);
    const projectId = requireProject(plan, description.projectId, directory);
    const fingerprint = await readFingerprint(own, embedded.database);
    await sync(own, store);
    return { directory, projectId, fingerprint, description };
  });
  const kept = await bringToServer(context, session, source, store);
  onProgress('Comparing');
  const there = await readFingerprint(session, server.database);
  const difference = differenceOf(source.fingerprint, there);
  if (difference !== undefined) throw differs(`the server's copy is not what was moved: ${difference}`);
  const now = await onDirectory(program, directory, embedded.database, (own) =>
    readFingerprint(own, embedded.database),
  );
  const change = differenceOf(source.fingerprint, now);
  if (change !== undefined)
    throw differs(`${directory} was written to meanwhile by a program that takes no turns: ${change}`);
  onProgress(`Switching ${beadsDir} to the server`);
  const parked = await parkDatabase(directory);
  const files = await switchMode(plan, server, source.projectId).catch(async (error: unknown) => {
    await finishPlacing(directory);
    throw error;
  });
  const aside = join(
    keptPath(join(beadsDir, 'backup', `${embedded.database}.before-move`), context.now),
    embedded.database,
  );
  await makeDirectory(dirname(aside));
  await rename(parked, aside);
  await quietly();
  const { branches } = source.fingerprint;
  const { tables } = source.description;
  return { moved: true, beadsDir, from: embedded, to: server, tables, branches, kept: [aside, ...kept], files };
}

/** @returns where a backup is of what was replaced there */
async function bringToServer(context: MoveContext, session: Session, source: Source, store: string): Promise<string[]> {
  const { plan, now, onProgress } = context;
  const { server, beadsDir } = plan;
  const where = `"${server.database}" at ${endpointText(server.endpoint)}`;
  const found = await inspectOnServer(session, server.database);
  const kept: string[] = [];
  if (found?.fingerprint && isSameFingerprint(found.fingerprint, source.fingerprint)) {
    onProgress(`${where} holds the same already`);
    return kept;
  }
  if (found?.fingerprint) {
    requireProject(plan, found.projectId, where);
    const left = await readLeftBehind(beadsDir, server);
    const isKnown = left !== undefined && isSameFingerprint(left, found.fingerprint);
    if (!isKnown && !(await isContained(context, session, source.directory, found.fingerprint))) {
      throw new AppError(
        'CONFLICT',
        `${where} holds changes of this project that ${source.directory} does not; nothing was changed`,
        {
          hint: 'give the copy another name: bd dolt move --to server --database NAME; or use what is there: bd config set dolt.mode server',
        },
      );
    }
    const aside = keptPath(join(beadsDir, 'backup', `${server.database}.on-server-before-move`), now);
    await session.run(`USE ${sqlName(server.database)}`);
    await keepAside(session, server.database, aside, now);
    await session.run('USE information_schema');
    kept.push(aside);
  }
  onProgress(`Restoring the copy as ${where}`);
  const inPlace = found !== undefined;
  await restoreStore({ ...context, session, store, target: server, inPlace });
  await session.run(`USE ${sqlName(server.database)}`);
  await addRemotes(session, source.description.remotes);
  const [begun] = (await session.run('SELECT ACTIVE_BRANCH() AS branch')).rows;
  if (begun?.['branch'] !== source.description.branch) {
    onProgress(
      `Branch "${source.description.branch}" was in use here; on the server commands begin at "${begun?.['branch']}"`,
    );
  }
  return kept;
}

/** The workspace uses the server, and no embedded database is there. */
async function stays({ plan }: MoveContext): Promise<MoveResult> {
  const { beadsDir, embedded, server } = plan;
  const found = await serverSessions({ ...serverOptions(server), database: 'information_schema' })((session) =>
    inspectOnServer(session, server.database),
  );
  if (!found?.fingerprint) {
    const directory = join(embedded.dataDir, embedded.database);
    throw nothingToMove('embedded database', `${directory} is not there`, 'bd restore DIR   brings a backup back');
  }
  const { branches } = found.fingerprint;
  return { moved: false, beadsDir, from: server, to: server, tables: {}, branches, kept: [], files: [] };
}

function differs(message: string): AppError {
  return new AppError('CONFLICT', `${message}; nothing was switched`, { hint: 'run the command again' });
}
