import type { Queryable, Row } from '../database/types.ts';
import { AppError } from '../errors.ts';
import { hasWisps, noneMatches, resolveIds } from './ids/resolve.ts';
import type { Issue } from './issue.ts';
import { decodeIssue, issueColumns } from './issue-row.ts';
import { byTables } from './tables.ts';

/** An issue with all its fields, its row, and where it lives. */
export interface Found {
  readonly id: string;
  readonly wisp: boolean;
  readonly row: Row;
  readonly issue: Issue;
}

/**
 * Finds issues, with their fields but without labels and dependencies, as {@link resolveIds} does.
 * Whole ids cost one round trip.
 *
 * @returns for each input, in order, the issue or the error
 */
export async function findIssues(db: Queryable, inputs: readonly string[]): Promise<(Found | AppError)[]> {
  const exact = await loadIssues(db, inputs);
  const missing = inputs.filter((input) => !exact.has(input));
  if (missing.length === 0) return inputs.map((input) => exact.get(input) ?? noneMatches(input));
  const resolved = await resolveIds(db, missing);
  const ids = resolved.flatMap((each) => (each instanceof AppError ? [] : each.id));
  const loaded = await loadIssues(db, ids);
  const late = new Map(
    missing.map((input, index) => {
      const each = resolved[index] ?? noneMatches(input);
      return [input, each instanceof AppError ? each : (loaded.get(each.id) ?? noneMatches(input))] as const;
    }),
  );
  return inputs.map((input) => exact.get(input) ?? late.get(input) ?? noneMatches(input));
}

/** The issue that was meant. @throws AppError NOT_FOUND, or VALIDATION when several fit */
export async function findIssue(db: Queryable, input: string): Promise<Found> {
  const [found] = await findIssues(db, [input]);
  if (found === undefined || found instanceof AppError) throw found ?? noneMatches(input);
  return found;
}

/** The issues with these whole ids, by id. Asks `wisps` only for what `issues` lacks. */
export async function loadIssues(db: Queryable, ids: readonly string[]): Promise<Map<string, Found>> {
  const rows = await loadRows(db, ids);
  return new Map([...rows].map(([id, { row, wisp }]) => [id, { id, wisp, row, issue: decodeIssue(row) }]));
}

/** The labels of issues, sorted, by id. */
export async function loadLabels(
  db: Queryable,
  issues: readonly { readonly id: string; readonly wisp: boolean }[],
): Promise<Map<string, string[]>> {
  const labels = new Map<string, string[]>(issues.map(({ id }) => [id, []]));
  for (const [tables, members] of byTables(issues)) {
    const places = members.map(() => '?').join(', ');
    const rows = await db.query(
      `SELECT issue_id, label FROM ${tables.labels} WHERE issue_id IN (${places}) ORDER BY issue_id, label`,
      members.map(({ id }) => id),
    );
    for (const row of rows) labels.get(String(row['issue_id']))?.push(String(row['label']));
  }
  return labels;
}

/** The issues as they are now, with labels, in the order of `ids`. */
export async function reloadIssues(db: Queryable, ids: readonly string[]): Promise<Issue[]> {
  const loaded = await loadRows(db, ids);
  const present = [...new Set(ids)].flatMap((id) => {
    const found = loaded.get(id);
    return found ? [{ id, ...found }] : [];
  });
  const labels = await loadLabels(db, present);
  return present.map(({ id, row }) => decodeIssue(row, { labels: labels.get(id) ?? [] }));
}

async function loadRows(db: Queryable, ids: readonly string[]): Promise<Map<string, { row: Row; wisp: boolean }>> {
  const found = new Map<string, { row: Row; wisp: boolean }>();
  for (const table of ['issues', 'wisps'] as const) {
    const wanted = [...new Set(ids)].filter((id) => id !== '' && !found.has(id));
    if (wanted.length === 0 || (table === 'wisps' && !(await hasWisps(db)))) break;
    const places = wanted.map(() => '?').join(', ');
    const rows = await db.query(`SELECT ${issueColumns()} FROM ${table} WHERE id IN (${places})`, wanted);
    for (const row of rows) found.set(String(row['id']), { row, wisp: table === 'wisps' });
  }
  return found;
}
