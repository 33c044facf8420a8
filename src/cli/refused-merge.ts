import type { MergeConflictError } from '../beads/history/merge-conflict.ts';
import { errorText } from './base-command.ts';
import { bdErrorDocument, bdExitCode } from './error-projection.ts';
import { renderConflicts } from './render/vc-merge.ts';
import { painter } from './style.ts';

/**
 * Shows a merge that was refused: an error that has something to show.
 *
 * @param json whether the document is printed instead
 * @returns the document
 */
export function refusedMerge(error: MergeConflictError, json: boolean): object {
  const { conflicts } = error;
  process.exitCode = bdExitCode(error);
  if (!json) {
    process.stdout.write(`${renderConflicts(conflicts, painter(process.stdout))}\n`);
    process.stderr.write(errorText(error, painter(process.stderr)));
  }
  return { ...bdErrorDocument(error), conflicts: conflicts.length, conflicting: conflicts };
}
