import { join, resolve } from 'node:path';
import { messageOf } from '../../errors.ts';
import { writeFileAtomic, writeStreamAtomic } from '../../util/atomic-write.ts';
import { parseDuration } from '../../util/duration.ts';
import type { BeadsContext } from '../context.ts';
import { isTrue } from '../workspace/setting-keys.ts';
import { exportIssues } from './export.ts';

/** What `.beads/export-state.json` keeps; the first four names are those of the Go `bd`. */
interface ExportState {
  last_dolt_commit?: string;
  timestamp?: string;
  issues?: number;
  memories?: number;
  /** Of the whole database, what is not in a Dolt commit yet too. */
  database_hash?: string;
}

/**
 * `export.auto`: after a write, exports all issues to `export.path` in `.beads`, where they changed
 * and the last export is older than `export.interval`. One way: nothing ever reads that file unasked.
 * The write is done by then, so whatever goes wrong is a warning.
 *
 * @returns a warning, or undefined
 * @example const warning = await exportAutomatically(beads);
 */
export async function exportAutomatically(ctx: BeadsContext): Promise<string | undefined> {
  const { beadsDir } = ctx;
  if (beadsDir === undefined || !isTrue(ctx.setting('export.auto'))) return undefined;
  try {
    const path = resolve(beadsDir, ctx.setting('export.path') || 'issues.jsonl');
    const statePath = join(beadsDir, 'export-state.json');
    const state = await readState(statePath);
    const intervalMs = parseDuration(ctx.setting('export.interval') || '60s');
    const there = await isThere(path);
    if (there && ctx.now().getTime() - Date.parse(state.timestamp ?? '') < intervalMs) return undefined;
    const [row] = await ctx.db.query("SELECT DOLT_HASHOF_DB() AS all_hash, DOLT_HASHOF('HEAD') AS head_hash");
    const database_hash = String(row?.['all_hash']);
    if (there && state.database_hash === database_hash) return undefined;
    const done = await writeStreamAtomic(path, (write) => exportIssues(ctx, {}, ({ text }) => write(text)), 0o644);
    const next: ExportState = {
      last_dolt_commit: String(row?.['head_hash']),
      timestamp: ctx.now().toISOString(),
      ...done,
      database_hash,
    };
    await writeFileAtomic(statePath, `${JSON.stringify(next, null, 2)}\n`);
    if (isTrue(ctx.setting('export.git-add')) && !isTrue(ctx.setting('no-git-ops'))) {
      const { addToGit } = await import('../workspace/git-command.ts');
      await addToGit(path);
    }
    return undefined;
  } catch (error) {
    return `warning: the automatic export (export.auto) failed: ${messageOf(error)}`;
  }
}

async function isThere(path: string): Promise<boolean> {
  const { stat } = await import('node:fs/promises');
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** A state that cannot be read is that of no export. */
async function readState(path: string): Promise<ExportState> {
  const { readFile } = await import('node:fs/promises');
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
