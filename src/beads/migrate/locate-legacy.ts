import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError } from '../../errors.ts';
import { discoverBeads, isWorkspace } from '../workspace/discover.ts';
import { type FindRig, resolveTarget, type Target } from '../workspace/endpoint.ts';
import { flagSettings, type TargetFlags } from '../workspace/init-plan.ts';
import { type Metadata, readMetadata } from '../workspace/metadata.ts';
import { saysDolt } from '../workspace/not-migrated.ts';
import { loadSettings, type Settings } from '../workspace/settings.ts';
import { townRigFinder } from '../workspace/town-rig.ts';
import { findLegacyFile } from './legacy-file.ts';

export interface LocateLegacyOptions extends TargetFlags {
  /** Directory to look for `.beads` from, upward. */
  dir: string;
  env: NodeJS.ProcessEnv;
  /** The SQLite file, or a `.beads` directory, in place of what is found. Default BEADS_DB, BD_DB. */
  db?: string | undefined;
  /** Default: asks the user's town. */
  findRig?: FindRig | undefined;
}

/** A workspace before or after its migration. Looking changes nothing. */
export interface LegacyLocation {
  readonly beadsDir: string;
  /** The SQLite file, if there is one. */
  readonly source: string | undefined;
  readonly metadata: Metadata | undefined;
  /** With the flags on top. */
  readonly settings: Settings;
  /** Whether the workspace uses Dolt already. */
  readonly isDolt: boolean;
  /**
   * Where the issues are, or are to be.
   *
   * @param database name for a database that nothing names
   */
  target(database: string): Promise<Target>;
}

/** @throws AppError NOT_INITIALIZED, CONFIG_INVALID, VALIDATION, RIG_NAME_INVALID, IO_ERROR */
export async function locateLegacy(options: LocateLegacyOptions): Promise<LegacyLocation> {
  const dir = resolve(options.dir);
  const { env } = options;
  const file = namedFile(options.db || env['BEADS_DB'] || env['BD_DB'], dir);
  const beadsDir = beadsDirOf(options, dir, file);
  if (beadsDir === undefined) {
    throw new AppError(
      'NOT_INITIALIZED',
      `no beads database found in ${dir} or above it: there is nothing to migrate`,
      {
        hint: 'bd init   makes a new one here',
      },
    );
  }
  const metadata = readMetadata(beadsDir);
  const plain = await loadSettings({ beadsDir, env });
  const flags = flagSettings(options);
  refuseContradictions(plain, flags, beadsDir);
  const settings = plain.with(flags);
  const target = (database: string) =>
    resolveTarget({
      settings,
      beadsDir,
      database: settings.value('dolt.database') ?? database,
      findRig: options.findRig ?? townRigFinder(env, dir),
    });
  return {
    beadsDir,
    source: file ?? findLegacyFile(beadsDir, metadata),
    metadata,
    settings,
    isDolt: saysDolt(metadata) && (await isThere(target)),
    target,
  };
}

/** `metadata.json` comes with git: a clone may have it, and the old SQLite file, but no database yet. */
async function isThere(target: LegacyLocation['target']): Promise<boolean> {
  const found = await target('beads');
  return found.mode === 'server' || existsSync(join(found.dataDir, found.database, '.dolt'));
}

function namedFile(db: string | undefined, dir: string): string | undefined {
  if (!db) return undefined;
  const path = resolve(dir, db);
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? path : undefined;
}

function beadsDirOf(options: LocateLegacyOptions, dir: string, file: string | undefined): string | undefined {
  const beside = file && dirname(file);
  if (beside && (basename(beside) === '.beads' || existsSync(join(beside, 'metadata.json')))) return beside;
  const named = options.db && resolve(dir, options.db);
  if (named && isWorkspace(named)) return named;
  return discoverBeads({ dir, env: options.env })?.beadsDir;
}

/** What a file says goes before `metadata.json`: the switch would not be one. */
function refuseContradictions(settings: Settings, flags: ReadonlyMap<string, string>, beadsDir: string): void {
  for (const [key, wanted] of flags) {
    const now = settings.get(key);
    if (now === undefined || now.value === wanted) continue;
    throw new AppError('VALIDATION', `${key} is "${now.value}" (${now.from}), not "${wanted}"; nothing was changed`, {
      hint: `bd config set ${key} ${wanted}   changes the setting of ${beadsDir}`,
    });
  }
}
