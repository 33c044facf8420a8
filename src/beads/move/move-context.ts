import type { DoltProgram } from '../../database/run-dolt.ts';
import { AppError } from '../../errors.ts';
import type { Target } from '../workspace/endpoint.ts';
import type { MovePlan } from './plan-move.ts';

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
