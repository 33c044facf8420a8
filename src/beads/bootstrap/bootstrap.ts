import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { shownUrl } from '../../database/remote-url.ts';
import { AppError } from '../../errors.ts';
import { acquireLock } from '../../util/process-lock.ts';
import { resolveActor } from '../workspace/actor.ts';
import { databasePath } from '../workspace/describe.ts';
import type { FindRig } from '../workspace/endpoint.ts';
import { metadataFor } from '../workspace/init.ts';
import { completeGitignore } from '../workspace/init-files.ts';
import type { Location } from '../workspace/locate.ts';
import { writeMetadata } from '../workspace/metadata.ts';
import { repositoryIds } from '../workspace/repo-ids.ts';
import { bootstrapEmbedded } from './embedded-store.ts';
import { type BootstrapPlan, type IssueSource, planBootstrap } from './plan.ts';
import { prefixFor } from './prefix.ts';
import { remoteTimeoutMs } from './remote-timeout.ts';
import type { BootstrapStore, StoreRequest } from './store.ts';

export interface BootstrapOptions {
  /** Reads the files of the workspace as they are now. */
  locate: () => Promise<Location>;
  actor?: string | undefined;
  findDolt: () => Promise<string>;
  /** What this process does, for those who wait for it: `bd list`. */
  purpose: string;
  /** Looks in the user's town. */
  findRig: FindRig;
  /** Is told each step, for who looks for a fault. */
  onStep?: ((text: string) => void) | undefined;
  /** Is told how far a clone is. */
  onProgress?: ((text: string) => void) | undefined;
}

export interface BootstrapResult extends BootstrapPlan {
  /** Where the database is. */
  readonly database: string;
  /** What was made; undefined when it was there already. */
  readonly made: BootstrapStore | undefined;
}

// Another process may be cloning a large remote.
const LOCK_TIMEOUT_MS = 900_000;

/**
 * Makes the database of a fresh clone: cloned from the project's remote, or a new one. It gets its
 * place when it is whole and was verified; a failure, or a killed process, leaves none. Any number
 * of processes may do this at once: one makes it, the others find it.
 *
 * @throws AppError REMOTE_UNREACHABLE, REMOTE_TIMEOUT, ACCESS_DENIED, IDENTITY_MISMATCH,
 *   SCHEMA_UNSUPPORTED, NOT_INITIALIZED when the remote has no issues, LOCK_TIMEOUT, SERVER_UNREACHABLE
 * @example await bootstrapWorkspace({ locate, findRig, purpose: 'bd list', findDolt: async () => 'dolt' });
 */
export async function bootstrapWorkspace(options: BootstrapOptions): Promise<BootstrapResult> {
  const step = options.onStep ?? (() => undefined);
  const first = await options.locate();
  const beadsDir = requireBeadsDir(first);
  step(`detected fresh clone (no Dolt database yet): ${databasePath(first)}`);
  const directory = join(beadsDir, 'init.lock');
  step(`acquiring lock ${directory}`);
  const purpose = `${options.purpose}: first clone`;
  const lock = await acquireLock({ directory, purpose, temporary: true, timeoutMs: LOCK_TIMEOUT_MS });
  try {
    step('acquired lock');
    // Read again: another process may have made it while this one waited.
    return await carryOut(await inReach(await options.locate(), options), beadsDir, { ...options, onStep: step });
  } finally {
    await lock.release();
    step('released lock');
  }
}

type Steps = BootstrapOptions & { onStep: (text: string) => void };

async function carryOut(location: Location, beadsDir: string, options: Steps): Promise<BootstrapResult> {
  const { onStep } = options;
  const { target, settings } = location;
  const store = target.mode === 'embedded' ? bootstrapEmbedded : (await import('./server-store.ts')).bootstrapOnServer;
  const database = databasePath(location);
  const request = await requestFor(location, beadsDir, options);
  const found = await store(request, async (exists) => {
    const plan = await planBootstrap(location, exists);
    onStep(exists ? `another process made ${database}` : `plan: ${planText(plan)}`);
    return plan;
  });
  const { plan, made } = found;
  if (!made) return { ...plan, database, made };
  if (!settings.metadata) await writeMetadata(beadsDir, metadataFor(target, made.projectId));
  if (!existsSync(join(beadsDir, '.gitignore'))) await completeGitignore(beadsDir);
  // Git made the directory, for everybody to read; now it holds a database.
  await chmod(beadsDir, 0o700).catch(() => undefined);
  onStep(`done: ${database}`);
  return { ...plan, database, made };
}

/** The port of a server that was recorded may be old. */
async function inReach(location: Location, { findRig }: BootstrapOptions): Promise<Location> {
  const { target, settings } = location;
  if (target.mode === 'embedded') return location;
  const { placeOnServer } = await import('./place-on-server.ts');
  return { ...location, target: await placeOnServer(target, settings, findRig) };
}

async function requestFor(location: Location, beadsDir: string, options: Steps): Promise<StoreRequest> {
  const { settings, target } = location;
  const root = join(beadsDir, '..');
  const { commitAuthor } = await resolveActor({
    flag: options.actor,
    configured: settings.value('actor'),
    env: settings.env,
    dir: root,
  });
  return {
    target,
    beadsDir,
    commitAuthor,
    prefix: prefixFor(location, root),
    expectedProject: settings.metadata?.project_id,
    newProject: randomUUID(),
    ...repositoryIds(root),
    env: settings.env,
    timeoutMs: remoteTimeoutMs(settings),
    findDolt: options.findDolt,
    onStep: options.onStep,
    onProgress: options.onProgress,
  };
}

function requireBeadsDir({ beadsDir }: Location): string {
  if (beadsDir !== undefined) return beadsDir;
  throw new AppError('NOT_INITIALIZED', 'there is no .beads directory to make a database for', { hint: 'bd init' });
}

function planText(plan: BootstrapPlan): string {
  return plan.source ? `clone from ${sourceText(plan.source)}` : `new database, for ${plan.reason}`;
}

function sourceText({ url, from }: IssueSource): string {
  return `${shownUrl(url)} (${from})`;
}
