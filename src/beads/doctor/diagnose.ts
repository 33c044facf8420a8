import { dirname } from 'node:path';
import type { Database } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { type CheckResult, type Examined, examineAll, findingOf, fine } from '../../util/diagnosis.ts';
import { isFreshClone } from '../bootstrap/plan.ts';
import { readSchemaState } from '../schema/level.ts';
import { backupsHere } from '../workspace/backups-here.ts';
import { connectTarget } from '../workspace/connect.ts';
import { withWayToRepair } from '../workspace/damaged-store.ts';
import type { FindRig, Target } from '../workspace/endpoint.ts';
import { type Location, locateBeads } from '../workspace/locate.ts';
import { withWayToMigrate } from '../workspace/not-migrated.ts';
import { townRigFinder } from '../workspace/town-rig.ts';
import { CONTENT_CHECKS } from './content-checks.ts';
import { DATABASE_CHECKS, OWN_CHECKS } from './database-checks.ts';
import { DEEP_CHECKS, examineStorage } from './deep-checks.ts';
import { FILE_CHECKS } from './file-checks.ts';
import { serverReport } from './go-report.ts';
import { LEFTOVER_CHECKS } from './leftover-checks.ts';
import { PEER_CHECKS } from './peer-checks.ts';
import { ROW_CHECKS } from './row-checks.ts';
import { REMOTE_CHECKS, SERVER_CHECKS } from './server-checks.ts';
import type { Mend, OpenWorkspace } from './subject.ts';

export interface DiagnosisOptions {
  /** Directory to look for `.beads` from, upward. */
  dir: string;
  env: NodeJS.ProcessEnv;
  /** See LocateOptions.db. */
  db?: string | undefined;
  /** Every row against its constraints, every chunk of the files. */
  deep: boolean;
  /** The checks of a server also where the workspace is embedded. */
  server: boolean;
  findDolt: () => Promise<string>;
  /** Why a version of Dolt should not be used, or undefined. */
  refusalOf: (version: string) => string | undefined;
  /** Default: asks the user's town. */
  findRig?: FindRig | undefined;
}

export interface Diagnosis {
  readonly path: string;
  readonly examined: readonly Examined<Mend>[];
  /** Rows, counted for `deep`. */
  readonly totals?: Totals;
  /** For `server`: what was found, with the names of the Go `bd`. */
  readonly serverChecks?: readonly CheckResult[];
}

/** How much there is. */
export interface Totals {
  issues: number;
  dependencies: number;
}

/** Looks at everything and changes nothing. What cannot be looked at is an error among the rest. */
export async function diagnose(options: DiagnosisOptions): Promise<Diagnosis> {
  const installation = { name: 'Installation', category: 'Installation' };
  let location: Location;
  try {
    location = await locateBeads(options);
  } catch (error) {
    return { path: options.dir, examined: [{ ...installation, ...findingOf(error) }] };
  }
  const { beadsDir, env = options.env, findDolt } = { ...options, beadsDir: location.beadsDir };
  const path = beadsDir ?? dirname(options.dir);
  const files = beadsDir
    ? await examineAll([...FILE_CHECKS, ...LEFTOVER_CHECKS], { location, beadsDir, env, findDolt })
    : [];
  const found = { ...installation, ...fine(`${path}, ${location.target.mode} mode`) };
  const inDatabase = await examineDatabase(location, options);
  return { ...inDatabase, path, examined: [found, ...files, ...inDatabase.examined] };
}

async function examineDatabase(location: Location, options: DiagnosisOptions): Promise<Omit<Diagnosis, 'path'>> {
  const { env, dir, findDolt, refusalOf } = options;
  const findRig = options.findRig ?? townRigFinder(env, dir);
  let connected: { db: Database; target: Target };
  try {
    const { settings } = location;
    connected = await connectTarget(location.target, { settings, env, dir, purpose: 'bd doctor', findDolt, findRig });
  } catch (error) {
    const told = withWayToMigrate(withWayToRepair(error, location), location);
    const found = { name: 'Database', category: 'Database', ...findingOf(told), ...wayToBootstrap(told, location) };
    return {
      examined: [found],
      ...(told instanceof AppError ? asServer(location, options, location.target, told) : {}),
    };
  }
  const { db, target } = connected;
  try {
    const state = await readSchemaState(db);
    const { beadsDir } = location;
    const subject: OpenWorkspace = { location, beadsDir, db, target, state, findRig, findDolt, refusalOf };
    const first = await examineAll(DATABASE_CHECKS, subject);
    // Of another project's database, or of one with other tables, nothing more can be said.
    if (first.some(({ status }) => status === 'error')) {
      return { examined: first, ...asServer(location, options, target, first) };
    }
    const rows = state.missingLocalTables.length === 0 ? [...CONTENT_CHECKS, ...ROW_CHECKS] : [];
    const server = target.mode === 'server' || options.server ? SERVER_CHECKS : [];
    const deep = options.deep ? DEEP_CHECKS : [];
    const checks = [...OWN_CHECKS, ...rows, ...PEER_CHECKS, ...REMOTE_CHECKS, ...server, ...deep];
    const examined = [...first, ...(await examineAll(checks, subject))];
    const totals = options.deep ? { totals: await readTotals(db) } : {};
    return { examined, ...totals, ...asServer(location, options, target, examined) };
  } catch (error) {
    // The database opens, and cannot be read.
    const found = { name: 'Database', category: 'Database', ...findingOf(withWayToRepair(error, location)) };
    const looks = options.deep && target.mode === 'embedded';
    return { examined: looks ? [found, await examineStorage(target, findDolt)] : [found] };
  } finally {
    await db.close();
  }
}

async function readTotals(db: Database): Promise<Totals> {
  const [row] = await db.query(
    'SELECT (SELECT COUNT(*) FROM issues) AS issues, (SELECT COUNT(*) FROM dependencies) AS dependencies',
  );
  return { issues: Number(row?.['issues'] ?? 0), dependencies: Number(row?.['dependencies'] ?? 0) };
}

function asServer(
  { settings }: Location,
  options: DiagnosisOptions,
  target: Target,
  outcome: readonly Examined<Mend>[] | AppError,
): Pick<Diagnosis, 'serverChecks'> {
  if (!options.server || target.mode === 'embedded') return {};
  return { serverChecks: serverReport(target, settings, outcome) };
}

/** In a fresh clone nothing is lost. */
function wayToBootstrap(error: unknown, location: Location): { fix?: string } {
  const isMissing = error instanceof AppError && ['NOT_INITIALIZED', 'DATABASE_UNKNOWN'].includes(error.code);
  return isMissing && isFresh(location) ? { fix: 'bd bootstrap   makes it, as the first other command does' } : {};
}

function isFresh(location: Location): boolean {
  try {
    return isFreshClone(location) && backupsHere(location.beadsDir ?? '').length === 0;
  } catch {
    return false;
  }
}
