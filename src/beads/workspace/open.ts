import { statementsOf, withAnswers } from '../../database/foresight.ts';
import type { Database, Queryable } from '../../database/types.ts';
import { AppError, type ErrorCode } from '../../errors.ts';
import type { Beads } from '../beads.ts';
import { ensureLocalTables, readSchemaState, readSchemaStateAnd, requireKnownSchema } from '../schema/level.ts';
import { type Actor, resolveActor } from './actor.ts';
import { backupsHere } from './backups-here.ts';
import { type Connector, connectTarget } from './connect.ts';
import { withWayToRepair } from './damaged-store.ts';
import type { Endpoint, FindRig, ServerTarget } from './endpoint.ts';
import { inItsPlace } from './in-its-place.ts';
import { type Location, locateBeads } from './locate.ts';
import { isMissing, settleMissing } from './missing-store.ts';
import { embeddedStore } from './mode-notice.ts';
import { withWayToMigrate } from './not-migrated.ts';
import { permissionWarning } from './permissions.ts';
import { isTrue } from './setting-keys.ts';
import { loadSettings, type Settings } from './settings.ts';

/** When a write makes a Dolt commit: at once, never, or when `bd vc commit` asks for it. */
export type AutoCommit = 'on' | 'off' | 'batch';

/** What every way of opening takes. */
export interface OpenCommon {
  env: NodeJS.ProcessEnv;
  /** Who acts; default BEADS_ACTOR, BD_ACTOR, git's user.name, $USER. */
  actor?: string | undefined;
  /** Default: `dolt.auto-commit`, else on when embedded and off on a server. */
  autoCommit?: AutoCommit | undefined;
  /** Refuse every write. */
  readonly?: boolean | undefined;
  /** Whether the caller is going to write: then the schema must be one that we know how to write. */
  write?: boolean | undefined;
  /** What this process does, for those who wait for it: `bd create`. */
  purpose: string;
  /** Path of the dolt program; asked in embedded mode only. */
  findDolt: () => Promise<string>;
  /** Default: asks the user's town. */
  findRig?: FindRig | undefined;
  /** Is told what is odd but no error. */
  onWarning?: ((text: string) => void) | undefined;
  /**
   * What the caller asks as soon as the database is open: it is asked along with what every opening
   * asks, and its answers are kept for the caller, each once. Only statements that read.
   */
  ahead?: ((db: Queryable) => unknown) | undefined;
}

export interface OpenDirectory extends OpenCommon {
  /** Directory to look for `.beads` from, upward. */
  dir: string;
  /** See LocateOptions.db. */
  db?: string | undefined;
  /** Whether the database of a fresh clone is made; default yes. */
  bootstrap?: boolean | undefined;
  /** Is told how far the clone of a fresh database is. */
  onProgress?: ((text: string) => void) | undefined;
}

export interface OpenEndpoint extends OpenCommon {
  /** Directory whose git configuration tells who acts. */
  dir: string;
  endpoint: Endpoint;
  database: string;
}

/**
 * Opens the beads of a directory: finds `.beads`, its database and who acts, connects, and checks
 * that the database is this project's and that its schema is known. In a fresh clone the database is
 * made first, see `bootstrapWorkspace`.
 *
 * @throws AppError NOT_INITIALIZED, SERVER_UNREACHABLE, ACCESS_DENIED, DATABASE_UNKNOWN,
 *   IDENTITY_MISMATCH, SCHEMA_UNSUPPORTED, CONFIG_INVALID, DOLT_NOT_FOUND
 */
export async function openDirectory(options: OpenDirectory): Promise<Beads> {
  const locate = () => locateBeads(options);
  const found = await locate();
  const location = isMissing(found) ? await settleMissing(found, locate) : found;
  const first = isMissing(location) ? undefined : await openOrMiss(options, location);
  if (first && 'beads' in first) return first.beads;
  const { bootstrapOnOpen } = await import('../bootstrap/on-open.ts');
  const made = await bootstrapOnOpen(location, options, locate);
  if (!made && first) throw first.error;
  return assemble(options, made ? await locate() : location);
}

/** Only a server can tell whether it has the database. */
async function openOrMiss(options: OpenDirectory, location: Location): Promise<{ beads: Beads } | { error: AppError }> {
  try {
    return { beads: await assemble(options, location) };
  } catch (error) {
    const missing = error instanceof AppError && MISSING.includes(error.code) && location.target.mode === 'server';
    if (missing) return { error };
    throw error;
  }
}

const MISSING: readonly ErrorCode[] = ['DATABASE_UNKNOWN', 'NOT_INITIALIZED', 'SCHEMA_UNSUPPORTED'];

/** Opens a database whose server is known, without any `.beads`. */
export async function openEndpoint(options: OpenEndpoint): Promise<Beads> {
  const settings = await loadSettings({ beadsDir: undefined, env: options.env });
  const target: ServerTarget = {
    mode: 'server',
    database: options.database,
    endpoint: options.endpoint,
    portFrom: 'flag',
  };
  const nowhere = { beadsDir: undefined, root: undefined, source: 'flag', redirectedFrom: undefined } as const;
  return assemble(options, { ...nowhere, settings, target });
}

async function assemble(options: OpenCommon & { dir: string }, location: Location): Promise<Beads> {
  const { settings } = location;
  // Before the database is open: a setting that is refused leaves nothing to close.
  const whenCommitted = options.autoCommit ?? settings.value('dolt.auto-commit');
  const warning = location.beadsDir && permissionWarning(location.beadsDir);
  if (warning) options.onWarning?.(warning);
  const connecting = connectTarget(location.target, { ...options, settings }).catch((error: unknown) => {
    throw withWayToMigrate(withWayToRepair(withWayToMove(error, location), location), location);
  });
  const [{ db, target }, who] = await bothOrNeither(connecting, whoActs(options, settings));
  const checked = await checkDatabase(db, location, options).catch(async (error: unknown) => {
    await db.close();
    throw withWayToMigrate(withWayToRepair(error, location), location);
  });
  return {
    db: inItsPlace(checked, location),
    ...who,
    autoCommit: whenCommitted === undefined ? target.mode === 'embedded' : isTrue(whenCommitted),
    batch: whenCommitted === 'batch',
    readonly: options.readonly ?? false,
    beadsDir: location.beadsDir,
    location: { ...location, target },
    setting: (key) => settings.value(key),
    now: () => new Date(),
    recent: new Map(),
    findDolt: options.findDolt,
    connectForRemotes: async (remoteTimeoutMs) =>
      (await connectTarget(target, { ...options, settings, env: settings.env, remoteTimeoutMs })).db,
    close: () => db.close(),
  };
}

/** A mode that was changed in the settings moves no data: the database may be in the other place, or in a backup. */
function withWayToMove(error: unknown, location: Location): unknown {
  if (!(error instanceof AppError) || !location.beadsDir) return error;
  if (error.code !== 'DATABASE_UNKNOWN') return error;
  const embedded = embeddedStore(location);
  const backup = backupsHere(location.beadsDir).at(-1);
  if (!embedded && !backup) return error;
  const hint = embedded
    ? `bd dolt move --to server   copies ${embedded} there, with its history`
    : `bd restore ${backup}   takes a backup back; ${error.hint}`;
  return new AppError(error.code, error.message, { hint, cause: error });
}

/** Waits for both, so that a connection which comes after the other one failed is closed. */
async function bothOrNeither(connecting: Promise<Connector>, asking: Promise<Actor>): Promise<[Connector, Actor]> {
  const [connected, asked] = await Promise.allSettled([connecting, asking]);
  if (connected.status === 'rejected') throw connected.reason;
  if (asked.status === 'fulfilled') return [connected.value, asked.value];
  await connected.value.db.close();
  throw asked.reason;
}

/**
 * One round trip for identity, level and missing tables: a wrong database is found before it is touched.
 *
 * @returns the database, with the answers to what was asked along
 */
async function checkDatabase(db: Database, location: Location, options: OpenCommon): Promise<Database> {
  const { ahead } = options;
  const { state, answers } = ahead
    ? await readSchemaStateAnd(db, statementsOf(ahead))
    : { state: await readSchemaState(db), answers: undefined };
  const writable = (options.write ?? true) && !options.readonly;
  requireKnownSchema(state, { name: db.name, writable });
  const expected = location.settings.metadata?.project_id;
  const skip = isTrue(location.settings.env['BEADS_SKIP_IDENTITY_CHECK']);
  if (expected && state.projectId && expected !== state.projectId && !skip) {
    throw new AppError(
      'IDENTITY_MISMATCH',
      `PROJECT IDENTITY MISMATCH — refusing to use the database "${db.name}": it belongs to project ${state.projectId}, and ${location.beadsDir} to ${expected}`,
      {
        hint: 'check the server and the name of the database (bd where); BEADS_SKIP_IDENTITY_CHECK=1 goes on all the same',
      },
    );
  }
  if (writable) await ensureLocalTables(db, state.missingLocalTables);
  return answers ? withAnswers(db, answers) : db;
}

/** Read while the database is waited for: it is asked for first. */
async function whoActs(options: OpenCommon & { dir: string }, settings: Settings): Promise<Actor> {
  await new Promise((resolve) => setImmediate(resolve));
  return resolveActor({
    flag: options.actor,
    configured: settings.value('actor'),
    env: settings.env,
    dir: options.dir,
  });
}
