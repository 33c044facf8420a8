import { join } from 'node:path';
import { finishPlacing } from '../../database/backup/place.ts';
import type { DoltProgram } from '../../database/run-dolt.ts';
import { AppError } from '../../errors.ts';
import { acquireLock } from '../../util/process-lock.ts';
import { requireSameHost } from '../backup/backup.ts';
import { clearDrafts, withDraft } from '../backup/draft.ts';
import { doltHome, probeServer } from '../workspace/connect.ts';
import type { Target } from '../workspace/endpoint.ts';
import { moveToEmbedded } from './move-to-embedded.ts';
import { moveToServer } from './move-to-server.ts';
import { type MovePlan, type PlanMoveOptions, planMove } from './plan-move.ts';

export interface MoveOptions extends PlanMoveOptions {
  findDolt: () => Promise<string>;
  now: Date;
  onProgress: (text: string) => void;
}

/** What both directions need. */
export interface MoveContext {
  readonly plan: MovePlan;
  readonly program: DoltProgram;
  /** An empty directory of ours in `.beads/backup`. */
  readonly scratch: string;
  readonly now: Date;
  onProgress(text: string): void;
}

export interface MoveResult {
  /** False when the database was there already and in use. */
  readonly moved: boolean;
  readonly beadsDir: string;
  readonly from: Target;
  readonly to: Target;
  /** Rows of each table; empty when nothing was moved. */
  readonly tables: Readonly<Record<string, number>>;
  readonly branches: readonly { readonly name: string; readonly head: string }[];
  /** Where the one is now that was moved, or that was in the way. */
  readonly kept: readonly string[];
  /** Files that were written. */
  readonly files: readonly string[];
}

/**
 * Copies the database of a workspace with its whole history to a server, or from there into
 * `.beads/dolt`, compares, and then lets the workspace use the copy. What was moved is kept. Writers
 * of ours wait meanwhile; what others write is found before the switch. Killed at any moment the
 * workspace works, with the old or the new, and another run completes the move.
 *
 * @throws AppError NOT_FOUND when there is nothing to move, IDENTITY_MISMATCH and ALREADY_EXISTS when
 *   another database has the name, CONFLICT when the other side has what would be lost or is being
 *   written to, VALIDATION, SERVER_UNREACHABLE, LOCK_TIMEOUT, IO_ERROR, DISK_FULL
 * @example await moveBeads({ dir, env, to: 'server', findDolt, now: new Date(), onProgress: console.error });
 */
export async function moveBeads(options: MoveOptions): Promise<MoveResult> {
  const { beadsDir } = await planMove(options);
  const lock = await acquireLock({
    directory: join(beadsDir, 'init.lock'),
    purpose: 'bd dolt move',
    subject: 'workspace',
    timeoutMs: 60_000,
  });
  try {
    // Planned again: another run may have finished while this one waited.
    const plan = await planMove(options);
    requireSameHost(plan.server, 'a move');
    await finishPlacing(join(plan.embedded.dataDir, plan.embedded.database));
    await probeServer(plan.server, options.rig);
    const { env } = plan.settings;
    const program = { doltBin: await options.findDolt(), doltHome: doltHome(env), env };
    await clearDrafts(plan.embedded.dataDir);
    return await withDraft(join(beadsDir, 'backup'), (scratch) => {
      const context = { plan, program, scratch, now: options.now, onProgress: options.onProgress };
      return options.to === 'server' ? moveToServer(context) : moveToEmbedded(context);
    });
  } finally {
    await lock.release();
  }
}

/** Nothing is there to be moved. */
export function nothingToMove(what: string, where: string, hint: string): AppError {
  return new AppError('NOT_FOUND', `there is no ${what} to move: ${where}`, { hint });
}

/** @throws AppError IDENTITY_MISMATCH */
export function requireProject(plan: MovePlan, projectId: string | null, where: string): string {
  const expected = plan.settings.metadata?.project_id;
  if (projectId !== null && (expected === undefined || expected === projectId)) return projectId;
  const whose = projectId === null ? 'holds no issues of bd' : `belongs to project ${projectId}`;
  throw new AppError(
    'IDENTITY_MISMATCH',
    `PROJECT IDENTITY MISMATCH: the database ${where} ${whose}, and ${plan.beadsDir} is of ${expected ?? 'no project'}; nothing was changed`,
    { hint: 'choose another name for the copy: bd dolt move … --database NAME' },
  );
}
