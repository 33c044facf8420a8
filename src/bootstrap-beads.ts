import { type BootstrapResult, bootstrapWorkspace } from './beads/bootstrap/bootstrap.ts';
import { requireNothingElse } from './beads/bootstrap/plan.ts';
import { previewBootstrap } from './beads/bootstrap/preview.ts';
import { bootstrapWithoutBeads } from './beads/bootstrap/without-beads.ts';
import { databasePath } from './beads/workspace/describe.ts';
import { type Location, locateBeads } from './beads/workspace/locate.ts';
import { isMissing, settleMissing } from './beads/workspace/missing-store.ts';
import { townRigFinder } from './beads/workspace/town-rig.ts';
import { AppError } from './errors.ts';

export interface BootstrapBeadsOptions {
  /** Directory to look for `.beads` from, upward; default the working directory. */
  dir?: string | undefined;
  /** See `openBeads`. */
  db?: string | undefined;
  actor?: string | undefined;
  /** Tell what would be done, and do nothing. */
  dryRun?: boolean | undefined;
  /** Is told each step. */
  onStep?: ((text: string) => void) | undefined;
  /** Is told how far a clone is. */
  onProgress?: ((text: string) => void) | undefined;
}

export interface BootstrapReport extends BootstrapResult {
  readonly location: Location;
}

/**
 * Makes the database of a clone that has none, as the first `bd` command does: cloned from the
 * project's remote, or new. What is there is left as it is. Where git's origin carries issues, `.beads`
 * is made, too.
 *
 * @throws AppError NOT_INITIALIZED, REMOTE_UNREACHABLE, REMOTE_TIMEOUT, ACCESS_DENIED,
 *   IDENTITY_MISMATCH, SCHEMA_UNSUPPORTED, LOCK_TIMEOUT, SERVER_UNREACHABLE, DOLT_NOT_FOUND
 * @example const { action, made } = await bootstrapBeads({ dir: '/home/ann/clone' });
 */
export async function bootstrapBeads(options: BootstrapBeadsOptions = {}): Promise<BootstrapReport> {
  const { db, actor, onStep, onProgress } = options;
  const { dir = process.cwd() } = options;
  const findRig = townRigFinder(process.env, dir);
  const locate = () => locateBeads({ dir, env: process.env, db, findRig });
  const findDolt = async () => (await import('./find-dolt.ts')).findDoltPath(process.env);
  const found = await locate().catch((error: unknown) => error);
  if (!isLocation(found)) {
    const { env } = process;
    const named = db || env['BEADS_DB'] || env['BD_DB'] || env['BEADS_DIR'];
    if (named || !(found instanceof AppError) || found.code !== 'NOT_INITIALIZED') throw found;
    const anew = { dir, env, actor, findDolt, findRig, dryRun: options.dryRun ?? false };
    const made = await bootstrapWithoutBeads(anew);
    if (!made) throw found;
    return made;
  }
  const settled = isMissing(found) ? await settleMissing(found, locate) : found;
  const { plan, location } = await previewBootstrap(settled, findRig);
  if (options.dryRun || plan.action === 'none') {
    if (plan.action !== 'none') requireNothingElse(location);
    return { ...plan, database: databasePath(location), made: undefined, location };
  }
  requireNothingElse(location);
  const purpose = 'bd bootstrap';
  const result = await bootstrapWorkspace({ locate, findRig, actor, findDolt, purpose, onStep, onProgress });
  return { ...result, location };
}

function isLocation(found: unknown): found is Location {
  return typeof found === 'object' && found !== null && 'target' in found;
}
