import type { SqlParameter } from '../../database/types.ts';
import type { Issue } from '../issue.ts';
import { decodeIssue } from '../issue-row.ts';
import type { Found } from '../lookup.ts';
import { tablesOf } from '../tables.ts';
import type { Writing } from '../write/record.ts';

/** Columns to set on an issue. */
export interface RowChange {
  readonly found: Found;
  readonly columns: Readonly<Record<string, SqlParameter>>;
}

// What the audit file follows.
const AUDITED = ['status', 'assignee', 'priority', 'issue_type', 'title'] as const;

/**
 * Sets columns and `updated_at`, in one statement for all issues that get the same values.
 *
 * @returns the issues as they are then, in the order given, without labels
 */
export async function applyColumns(w: Writing, changes: readonly RowChange[], reason?: string): Promise<Found[]> {
  const statements = new Map<string, { sql: string; values: SqlParameter[]; ids: string[] }>();
  for (const { found, columns } of changes) {
    if (Object.keys(columns).length === 0) continue;
    const { issues } = tablesOf(found.wisp);
    const names = [...Object.keys(columns), 'updated_at'];
    const sql = `UPDATE ${issues} SET ${names.map((name) => `${name} = ?`).join(', ')}`;
    const values = [...Object.values(columns), w.now];
    const key = JSON.stringify([sql, values]);
    const statement = statements.get(key) ?? { sql, values, ids: [] };
    statement.ids.push(found.id);
    statements.set(key, statement);
    w.changed(issues);
    audit(w, found.issue, columns, reason);
  }
  for (const { sql, values, ids } of statements.values()) {
    await w.tx.execute(`${sql} WHERE id IN (${ids.map(() => '?').join(', ')})`, [...values, ...ids]);
  }
  return changes.map(({ found, columns }) => withColumns(found, columns, w.now));
}

/** The issue as it is after its columns were set. */
export function withColumns(found: Found, columns: Readonly<Record<string, SqlParameter>>, now: string): Found {
  if (Object.keys(columns).length === 0) return found;
  const row = { ...found.row, ...columns, updated_at: now };
  const { metadata } = columns;
  if (typeof metadata === 'string') Object.assign(row, { metadata: JSON.parse(metadata) as unknown });
  return { ...found, row, issue: decodeIssue(row) };
}

function audit(w: Writing, issue: Issue, columns: Readonly<Record<string, SqlParameter>>, reason?: string): void {
  for (const field of AUDITED) {
    const value = columns[field];
    if (value === undefined) continue;
    w.fieldChange({
      issueId: issue.id,
      field,
      oldValue: String(issue[field] ?? ''),
      newValue: String(value ?? ''),
      ...(reason === undefined ? {} : { reason }),
    });
  }
}
