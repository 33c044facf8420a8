import { AppError, withContext } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { type IssueRef, resolveId, resolveIds } from '../ids/resolve.ts';
import { byTables } from '../tables.ts';
import { insertRows } from '../write/insert-rows.ts';
import type { Writing } from '../write/record.ts';
import { write } from '../write/write.ts';
import { normalizeLabel } from './label-names.ts';

/** A label of an issue, and where the issue lives. */
export interface LabelPair {
  readonly id: string;
  readonly wisp: boolean;
  readonly label: string;
}

export interface LabelResult {
  /** The issues that have (or no longer have) the label now. */
  readonly issues: readonly IssueRef[];
  readonly label: string;
  /** Ids of those that did not have it (or did) before. */
  readonly changed: readonly string[];
  /** Ids that could not be found. */
  readonly failures: readonly AppError[];
}

/**
 * Adds a label to issues. One that is there already is no error and no event.
 *
 * @throws AppError VALIDATION
 * @example await addLabel(ctx, ['hm-a1', 'hm-b2'], 'ui');
 */
export function addLabel(ctx: BeadsContext, inputs: readonly string[], label: string): Promise<LabelResult> {
  return changeLabel(ctx, inputs, label, 'added');
}

/** Takes a label off issues. One that is not there is no error. */
export function removeLabel(ctx: BeadsContext, inputs: readonly string[], label: string): Promise<LabelResult> {
  return changeLabel(ctx, inputs, label, 'removed');
}

/** Gives a label to all children of an issue; the result lists the children. */
export async function propagateLabel(ctx: BeadsContext, parent: string, label: string): Promise<LabelResult> {
  const { id } = await resolveId(ctx.db, parent);
  const children: string[] = [];
  for (const table of ['dependencies', 'wisp_dependencies']) {
    const rows = await ctx.db.query(
      `SELECT issue_id FROM ${table} WHERE depends_on_id = ? AND type = 'parent-child' ORDER BY issue_id`,
      [id],
    );
    children.push(...rows.map((row) => String(row['issue_id'])));
  }
  if (children.length === 0) return { issues: [], label: normalizeLabel(label), changed: [], failures: [] };
  return addLabel(ctx, children, label);
}

async function changeLabel(
  ctx: BeadsContext,
  inputs: readonly string[],
  text: string,
  change: 'added' | 'removed',
): Promise<LabelResult> {
  const label = normalizeLabel(text);
  return write(ctx, `label ${change === 'added' ? 'add' : 'remove'}`, async (w) => {
    const resolved = await resolveIds(w.tx, inputs);
    const issues = resolved.flatMap((each) => (each instanceof AppError ? [] : each));
    const failures = resolved.flatMap((each, index) =>
      each instanceof AppError ? withContext(each, `resolving ${inputs[index]}`) : [],
    );
    const pairs = issues.map(({ id, wisp }) => ({ id, wisp, label }));
    const changed = change === 'added' ? await insertLabels(w, pairs, true) : await deleteLabels(w, pairs);
    if (changed.length > 0) w.did(`label ${change} '${label}' on`, ...changed.map(({ id }) => id));
    return { issues, label, changed: changed.map(({ id }) => id), failures };
  });
}

/** @param mayExist look first which labels are there, so that only new ones become events */
export async function insertLabels(w: Writing, pairs: readonly LabelPair[], mayExist = false): Promise<LabelPair[]> {
  const there = mayExist ? await existing(w, pairs) : new Set<string>();
  const added = [...new Map(pairs.map((pair) => [key(pair), pair])).values()].filter((pair) => !there.has(key(pair)));
  for (const [tables, members] of byTables(added)) {
    await insertRows(
      w.tx,
      tables.labels,
      ['issue_id', 'label'],
      members.map(({ id, label }) => [id, label]),
    );
    w.changed(tables.labels);
  }
  for (const { id, wisp, label } of added) {
    w.event({ issueId: id, wisp, type: 'label_added', comment: `Added label: ${label}` });
  }
  return added;
}

export async function deleteLabels(w: Writing, pairs: readonly LabelPair[]): Promise<LabelPair[]> {
  const there = await existing(w, pairs);
  const removed = pairs.filter((pair) => there.delete(key(pair)));
  for (const [tables, members] of byTables(removed)) {
    const places = members.map(() => '(?, ?)').join(', ');
    await w.tx.execute(
      `DELETE FROM ${tables.labels} WHERE (issue_id, label) IN (${places})`,
      members.flatMap(({ id, label }) => [id, label]),
    );
    w.changed(tables.labels);
  }
  for (const { id, wisp, label } of removed) {
    w.event({ issueId: id, wisp, type: 'label_removed', comment: `Removed label: ${label}` });
  }
  return removed;
}

async function existing(w: Writing, pairs: readonly LabelPair[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const [tables, members] of byTables(pairs)) {
    const ids = [...new Set(members.map(({ id }) => id))];
    const rows = await w.tx.query(
      `SELECT issue_id, label FROM ${tables.labels} WHERE issue_id IN (${ids.map(() => '?').join(', ')})`,
      ids,
    );
    for (const row of rows) found.add(key({ id: String(row['issue_id']), label: String(row['label']) }));
  }
  return found;
}

function key({ id, label }: Pick<LabelPair, 'id' | 'label'>): string {
  return `${id}\n${label}`;
}
