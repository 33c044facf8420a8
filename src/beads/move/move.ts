import { join } from 'node:path';
import { finishPlacing } from '../../database/backup/place.ts';
import { acquireLock } from '../../util/process-lock.ts';
import { requireSameHost } from '../backup/backup.ts';
import { clearDrafts, withDraft } from '../backup/draft.ts';
import { placeOnServer } from '../bootstrap/place-on-server.ts';
import { townRigFinder } from '../workspace/town-rig.ts';
import { doltHome } from '../workspace/user-cache.ts';
import type { MoveResult } from './move-context.ts';
import { moveToEmbedded } from './move-to-embedded.ts';
import { moveToServer } from './move-to-server.ts';
import { type PlanMoveOptions, planMove } from './plan-move.ts';

export interface MoveOptions extends PlanMoveOptions {
  findDolt: () => Promise<string>;
  now: Date;
  onProgress: (text: string) => void;
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
    temporary: true,
    purpose: 'bd dolt move',
    subject: 'workspace',
    timeoutMs: 60_000,
  });
  try {
    // Planned again: another run may have finished while this one waited.
    const planned = await planMove(options);
    requireSameHost(planned.server, 'a move');
    // The port that was recorded may be old.
    const findRig = options.findRig ?? townRigFinder(options.env, options.dir);
    const plan = { ...planned, server: await placeOnServer(planned.server, planned.settings, findRig) };
    await finishPlacing(join(plan.embedded.dataDir, plan.embedded.database));
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
