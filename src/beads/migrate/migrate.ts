import { randomUUID } from 'node:crypto';
import { chmod } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError, messageOf } from '../../errors.ts';
import { isOutOfSpace } from '../../util/out-of-space.ts';
import { acquireLock } from '../../util/process-lock.ts';
import { resolveActor } from '../workspace/actor.ts';
import { reachableServer } from '../workspace/connect.ts';
import type { Target } from '../workspace/endpoint.ts';
import { metadataFor } from '../workspace/init.ts';
import { completeGitignore, writePortFile, writeWorkspaceFiles } from '../workspace/init-files.ts';
import { writeMetadata } from '../workspace/metadata.ts';
import { databaseOfPrefix, prefixOfDirectory } from '../workspace/prefix.ts';
import { repositoryIds } from '../workspace/repo-ids.ts';
import { keepBackup } from './backup.ts';
import { fillDatabase } from './fill-database.ts';
import type { LegacyBeads } from './legacy-rows.ts';
import { type LegacyLocation, type LocateLegacyOptions, locateLegacy } from './locate-legacy.ts';
import { type OpenLegacy, openLegacy } from './open-legacy.ts';
import { createReport, type Problem, type Report, type TableCount } from './report.ts';
import { withStaging } from './staging.ts';

export interface MigrateOptions extends LocateLegacyOptions {
  actor?: string | undefined;
  findDolt: () => Promise<string>;
  now: Date;
  /** Is told each step, and each 10,000 rows. */
  onProgress: (text: string) => void;
}

/** What a migration did, or is going to do. */
export interface Migration {
  readonly beadsDir: string;
  readonly source: string;
  readonly target: Target;
  readonly prefix: string;
  /** Issues that go over. */
  readonly issues: number;
  readonly tables: readonly TableCount[];
  readonly problems: readonly Problem[];
}

export interface MigrateResult extends Migration {
  readonly backup: string;
  readonly projectId: string;
  /** Whether an earlier run had imported everything, and this one only compared and switched. */
  readonly resumed: boolean;
  /** Files that were written or added to. */
  readonly files: readonly string[];
}

/** A rival may be importing a large database. */
const LOCK_TIMEOUT_MS = 600_000;
const SWITCH_ATTEMPTS = 3;

/**
 * Takes the issues of a SQLite database over to Dolt: backs it up, imports what the backup holds into
 * a new database, compares every row, and then, in one step, lets `metadata.json` name that database.
 * The SQLite file is only read. Killed at any moment, the workspace is as before or done, and another
 * run completes it.
 *
 * @returns undefined when the workspace uses Dolt already
 * @throws AppError NOT_INITIALIZED, NOT_FOUND without SQLite, ALREADY_EXISTS, CONFLICT when SQLite is
 *   being written to, IO_ERROR when it is damaged, DISK_FULL, SERVER_UNREACHABLE, DOLT_NOT_FOUND
 */
export async function migrateToDolt(options: MigrateOptions): Promise<MigrateResult | undefined> {
  const { beadsDir } = await locateLegacy(options);
  const lock = await acquireLock({
    directory: join(beadsDir, 'init.lock'),
    purpose: 'bd migrate',
    subject: 'workspace',
    temporary: true,
    timeoutMs: LOCK_TIMEOUT_MS,
  });
  try {
    // Looked at again: another run may have finished while this one waited.
    const location = await locateLegacy(options);
    if (location.isDolt) return undefined;
    return await withStaging(beadsDir, (directory) => migrateLocated(options, location, directory)).catch(
      (error: unknown) => {
        throw outOfSpace(error);
      },
    );
  } finally {
    await lock.release();
  }
}

async function migrateLocated(
  options: MigrateOptions,
  location: LegacyLocation,
  directory: string,
): Promise<MigrateResult> {
  const { beadsDir } = location;
  const source = requireSource(location);
  for (let attempt = 1; ; attempt += 1) {
    options.onProgress(`Reading ${source}`);
    const legacy = await openLegacy(source, directory);
    try {
      // Asked before anything is written.
      const plan = await reachablePlan(options, location, await planTarget(location, legacy.beads));
      if (plan.target.mode === 'embedded') await options.findDolt();
      const backup = await keepBackup({
        directory: beadsDir,
        source,
        snapshot: legacy.snapshot.path,
        now: options.now,
      });
      options.onProgress(`Backup: ${backup.path}`);
      const gitignore = await completeGitignore(beadsDir);
      const imported = await importLegacy(options, location, plan, legacy, { backup: backup.path, staging: directory });
      // What was written to SQLite in the meantime would be left behind.
      if (await legacy.snapshot.isCurrent()) {
        const files = await switchOver(location, plan.target, imported.projectId, options.onProgress);
        return { ...imported, files: [...(gitignore ? [gitignore] : []), ...files], backup: backup.path };
      }
      if (attempt === SWITCH_ATTEMPTS) throw busy(source);
      options.onProgress(`${source} was written to meanwhile: once more`);
    } finally {
      legacy.close();
    }
  }
}

type Imported = Omit<MigrateResult, 'files' | 'backup'>;

async function importLegacy(
  options: MigrateOptions,
  location: LegacyLocation,
  plan: TargetPlan,
  legacy: OpenLegacy,
  { backup, staging }: { backup: string; staging: string },
): Promise<Imported> {
  const { beadsDir, metadata } = location;
  const { target, prefix } = plan;
  const root = dirname(beadsDir);
  const { commitAuthor } = await resolveActor({ flag: options.actor, env: location.settings.env, dir: root });
  let report: Report = createReport();
  options.onProgress(`Importing ${legacy.beads.issues} issues into the ${target.mode} database "${target.database}"`);
  const filled = await fillDatabase({
    ...repositoryIds(root),
    target,
    prefix,
    legacy: legacy.beads,
    env: location.settings.env,
    purpose: 'bd migrate',
    findDolt: options.findDolt,
    projectId: metadata?.project_id ?? randomUUID(),
    expectedProjectId: metadata?.project_id,
    named: location.settings.value('dolt.database') !== undefined,
    commitAuthor,
    backup: basename(backup),
    staging,
    report: () => {
      report = createReport();
      return report;
    },
    onProgress: options.onProgress,
  });
  return {
    ...filled,
    beadsDir,
    source: requireSource(location),
    target,
    prefix,
    issues: legacy.beads.issues,
    tables: report.counts(),
    problems: report.problems,
  };
}

export interface TargetPlan {
  readonly target: Target;
  readonly prefix: string;
}

/** Where the issues go, and the prefix of their ids. */
export async function planTarget(location: LegacyLocation, beads: LegacyBeads): Promise<TargetPlan> {
  const prefix =
    beads.prefix ?? location.settings.value('issue-prefix') ?? prefixOfDirectory(dirname(location.beadsDir));
  return { prefix, target: await location.target(databaseOfPrefix(prefix)) };
}

/** @throws AppError SERVER_UNREACHABLE, ACCESS_DENIED */
export async function reachablePlan(
  { env, dir, findRig, rig }: LocateLegacyOptions,
  { settings }: LegacyLocation,
  plan: TargetPlan,
): Promise<TargetPlan> {
  if (plan.target.mode === 'embedded') return plan;
  return { ...plan, target: await reachableServer(plan.target, { settings, env, dir, findRig, rig }) };
}

/** The last step: one rename, after which the workspace uses Dolt. */
async function switchOver(
  location: LegacyLocation,
  target: Target,
  projectId: string,
  onProgress: (text: string) => void,
): Promise<string[]> {
  const { beadsDir, metadata } = location;
  onProgress(`Switching ${beadsDir} to Dolt`);
  const files = await writeWorkspaceFiles({ beadsDir, stealth: false, skipAgents: true });
  if (target.mode === 'server' && !target.endpoint.socket) await writePortFile(beadsDir, target.endpoint.port);
  await writeMetadata(beadsDir, { ...metadata, ...metadataFor(target, projectId) });
  // Git may have made it, for everybody to read.
  await chmod(beadsDir, 0o700).catch(() => undefined);
  return [...files, join(beadsDir, 'metadata.json')];
}

/** @throws AppError NOT_FOUND when there is no SQLite file */
export function requireSource({ beadsDir, source }: LegacyLocation): string {
  if (source !== undefined) return source;
  throw new AppError('NOT_FOUND', `no SQLite database found in ${beadsDir}: there is nothing to migrate`, {
    hint: 'if it is elsewhere, say where: bd migrate --to-dolt --db FILE; bd init   makes a new database',
  });
}

function busy(source: string): AppError {
  return new AppError('CONFLICT', `${source} is being written to by another program; nothing was switched`, {
    hint: 'end the old bd and its daemon (bd daemon stop), then run the command again',
  });
}

/** Dolt says so in many ways. */
function outOfSpace(error: unknown): unknown {
  const message = messageOf(error);
  if (!isOutOfSpace(message) && !message.includes('the disk is full')) return error;
  return new AppError('DISK_FULL', `${message}; nothing was switched`, {
    hint: 'free some space, then run the command again: it takes some three times what the SQLite file does',
    cause: error,
  });
}
