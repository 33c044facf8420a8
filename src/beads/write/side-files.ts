import { randomBytes } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../errors.ts';

/** A change of one field, as the audit file keeps it. */
export interface FieldChange {
  readonly issueId: string;
  readonly field: string;
  readonly oldValue: string;
  readonly newValue: string;
  readonly reason?: string;
}

/**
 * Writes `.beads/last-touched` (the issue that a later `update` without id means) and appends to
 * `.beads/interactions.jsonl`. Both are conveniences of this directory: what cannot be written, as
 * in a read-only directory, is left out, since the issues themselves are committed by then.
 */
export function writeSideFiles(
  beadsDir: string,
  record: { touched: string | undefined; changes: readonly FieldChange[]; actor: string; at: Date },
): void {
  const { touched, changes, actor, at } = record;
  if (touched !== undefined) {
    ifPossible(() => writeFileSync(join(beadsDir, 'last-touched'), `${touched}\n`, { mode: 0o600 }));
  }
  if (changes.length > 0) {
    const lines = changes.map((change) => interaction(change, actor, at)).join('');
    ifPossible(() => appendFileSync(join(beadsDir, 'interactions.jsonl'), lines, { mode: 0o644 }));
  }
}

/** Synchronous: for a command's one line Node would start four threads. */
function ifPossible(write: () => void): void {
  try {
    write();
  } catch {}
}

/** The issue that was written last from this directory, or undefined. */
export async function readLastTouched(beadsDir: string): Promise<string | undefined> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(join(beadsDir, 'last-touched'), 'utf8').catch(() => '');
  return text.trim() || undefined;
}

/**
 * The ids given, or else the issue that was written last from this directory.
 *
 * @throws AppError USAGE when there is neither
 */
export async function idsOrLastTouched(beadsDir: string | undefined, ids: readonly string[]): Promise<string[]> {
  if (ids.length > 0) return [...ids];
  const last = beadsDir === undefined ? undefined : await readLastTouched(beadsDir);
  if (last === undefined) {
    throw new AppError('USAGE', 'no issue ID provided and no last touched issue', { hint: 'name the issue: bd list' });
  }
  return [last];
}

function interaction(change: FieldChange, actor: string, at: Date): string {
  const line = {
    id: `int-${randomBytes(4).toString('hex')}`,
    kind: 'field_change',
    created_at: at.toISOString(),
    actor,
    issue_id: change.issueId,
    extra: {
      field: change.field,
      old_value: change.oldValue,
      new_value: change.newValue,
      ...(change.reason === undefined ? {} : { reason: change.reason }),
    },
  };
  return `${JSON.stringify(line)}\n`;
}
