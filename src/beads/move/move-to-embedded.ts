import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Description,
  describeDatabase,
  differenceOf,
  type Fingerprint,
  isSameFingerprint,
  readFingerprint,
} from '../../database/backup/fingerprint.ts';
import { sync } from '../../database/backup/make-backup.ts';
import { keptPath } from '../../database/backup/place.ts';
import { type Session, serverSessions } from '../../database/backup/session.ts';
import { completeStaged, stageBackup } from '../../database/backup/stage.ts';
import { sqlName } from '../../database/sql-text.ts';
import { AppError } from '../../errors.ts';
import { removeTree } from '../../util/remove-tree.ts';
import { withDraft } from '../backup/draft.ts';
import { takeTurn } from '../backup/replace-on-server.ts';
import { replaceEmbedded } from '../backup/restore.ts';
import { serverOptions } from '../workspace/connect.ts';
import { endpointText } from '../workspace/endpoint.ts';
import { onDirectory } from './embedded-source.ts';
import { inspectOnServer } from './inspect-on-server.ts';
import { rememberLeftBehind } from './left-behind.ts';
import { type MoveContext, type MoveResult, nothingToMove, requireProject } from './move-context.ts';
import { switchMode } from './switch-mode.ts';

const ATTEMPTS = 3;

/** From a server into `.beads/dolt`. The server's database stays. */
export async function moveToEmbedded(context: MoveContext): Promise<MoveResult> {
  const { plan, program } = context;
  const { embedded, server, beadsDir } = plan;
  const directory = join(embedded.dataDir, embedded.database);
  if (plan.now === 'embedded' && existsSync(join(directory, '.dolt'))) {
    const { branches } = await onDirectory(program, directory, embedded.database, (own) =>
      readFingerprint(own, embedded.database),
    );
    return { moved: false, beadsDir, from: embedded, to: embedded, tables: {}, branches, kept: [], files: [] };
  }
  return serverSessions({ ...serverOptions(server), database: 'information_schema' })(async (session) => {
    await takeTurn(session, server.database);
    const found = await inspectOnServer(session, server.database);
    const where = `"${server.database}" at ${endpointText(server.endpoint)}`;
    if (!found?.fingerprint)
      throw nothingToMove('database', `the server has no ${where}`, 'gt dolt list   shows the rigs');
    const projectId = requireProject(plan, found.projectId, where);
    await session.run(`USE ${sqlName(server.database)}`);
    return withDraft(embedded.dataDir, (parent) => copyAndSwitch(context, session, { directory, projectId, parent }));
  });
}

interface Destination {
  readonly directory: string;
  readonly projectId: string;
  readonly parent: string;
}

async function copyAndSwitch(context: MoveContext, session: Session, to: Destination): Promise<MoveResult> {
  const { plan, now, onProgress } = context;
  const { embedded, server, beadsDir } = plan;
  const isThere = existsSync(join(to.directory, '.dolt'));
  const old = isThere ? await inspectEmbedded(context, to.directory) : undefined;
  const { fingerprint, description } = await copyUnchanged(context, session, to, old);
  const keep = join(keptPath(join(beadsDir, 'backup', `${embedded.database}.before-move`), now), embedded.database);
  let kept: string[] = [];
  if (!old || !isSameFingerprint(old, fingerprint)) {
    onProgress(`Placing the copy in ${to.directory}`);
    if (await replaceEmbedded(embedded, join(to.parent, embedded.database), keep)) kept = [keep];
  }
  onProgress(`Switching ${beadsDir} to embedded mode`);
  const change = differenceOf(fingerprint, await readFingerprint(session, server.database));
  if (change !== undefined) throw writtenTo(change);
  await rememberLeftBehind(beadsDir, server, fingerprint);
  const files = await switchMode(plan, embedded, to.projectId);
  const { branches } = fingerprint;
  return { moved: true, beadsDir, from: server, to: embedded, tables: description.tables, branches, kept, files };
}

/** @returns its fingerprint; what cannot be read is put aside like anything else */
async function inspectEmbedded(context: MoveContext, directory: string): Promise<Fingerprint> {
  const { plan, program } = context;
  const { database } = plan.embedded;
  return onDirectory(program, directory, database, async (own) => {
    const { projectId } = await describeDatabase(own, database);
    if (projectId !== null) requireProject(plan, projectId, directory);
    return readFingerprint(own, database);
  });
}

/** Copies and compares until nobody wrote in between: not everybody takes turns. */
async function copyUnchanged(
  context: MoveContext,
  session: Session,
  to: Destination,
  old: Fingerprint | undefined,
): Promise<{ fingerprint: Fingerprint; description: Description }> {
  const { plan, program, scratch, onProgress } = context;
  const { embedded, server } = plan;
  const store = join(scratch, 'store');
  for (let attempt = 1; ; attempt += 1) {
    const description = await describeDatabase(session, server.database);
    const before = await readFingerprint(session, server.database);
    if (old && isSameFingerprint(old, before)) return { fingerprint: before, description };
    onProgress(`Copying "${server.database}" from ${endpointText(server.endpoint)}`);
    await sync(session, store);
    await removeTree(join(to.parent, embedded.database));
    const staged = await stageBackup({ ...program, store, parent: to.parent, database: embedded.database, onProgress });
    await completeStaged(program, staged, description);
    onProgress('Comparing');
    const after = await readFingerprint(session, server.database);
    const difference = differenceOf(after, staged.fingerprint);
    if (difference === undefined) return { fingerprint: after, description };
    if (isSameFingerprint(before, after)) {
      throw new AppError('IO_ERROR', `the copy is not what the server holds: ${difference}; nothing was switched`);
    }
    if (attempt === ATTEMPTS) throw writtenTo(difference);
    onProgress('The server was written to meanwhile: once more');
  }
}

function writtenTo(change: string): AppError {
  return new AppError(
    'CONFLICT',
    `the server's database is being written to by a program that takes no turns (${change}); nothing was switched`,
    { hint: 'end what writes there, then run the command again' },
  );
}
