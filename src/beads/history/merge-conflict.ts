import { AppError } from '../../errors.ts';
import { fieldValue } from './field-changes.ts';
import type { Column } from './merge-conflicts.ts';
import type { ConflictRow } from './merge-rules.ts';
import type { Change } from './row-changes.ts';

/** A row that both sides changed in a way that does not go together. */
export interface MergeConflict {
  table: string;
  /** The issue that the row belongs to; absent for other tables. */
  issue?: string;
  /** Key of the row, by column. */
  key: Record<string, unknown>;
  /** What each side did to the row, or, where one removed an issue, to what hangs on it. */
  ours: Change;
  theirs: Change;
  /** The fields that both changed, with the value of each; empty where one side removed the row. */
  fields: { field: string; base: unknown; ours: unknown; theirs: unknown }[];
}

/** What a choice for a conflict is made by: the id of its issue, or `config/issue_prefix`. */
export function choiceName({ table, issue, key }: MergeConflict): string {
  return issue ?? [table, ...Object.values(key).map(String)].join('/');
}

/** Two sides of a merge contradict each other; nothing was changed. */
export class MergeConflictError extends AppError {
  readonly conflicts: readonly MergeConflict[];

  /**
   * @param doing what was refused, told with the names of the issues
   * @param hint how to choose
   */
  constructor(
    conflicts: readonly MergeConflict[],
    doing?: string,
    hint = 'choose the side that wins: --strategy ours (this branch) or --strategy theirs (the other)',
  ) {
    const ids = new Set(conflicts.flatMap(({ issue }) => issue ?? []));
    const issues = ids.size;
    const others = conflicts.filter(({ issue }) => issue === undefined).length;
    const what = [counted(issues, 'issue'), counted(others, 'other row')].filter((text) => text !== '').join(' and ');
    const named = doing === undefined ? '' : ` (${[...ids].slice(0, 10).join(', ')}${issues > 10 ? ', …' : ''})`;
    const lead = doing === undefined ? '' : `${doing}: `;
    super('CONFLICT', `${lead}both sides changed ${what}${named} in different ways; nothing was changed`, {
      hint,
    });
    this.name = 'MergeConflictError';
    this.conflicts = conflicts;
  }
}

/** A conflict for people and JSON. */
export function describeConflict(
  row: ConflictRow,
  columns: readonly Column[],
  fields: readonly string[],
): MergeConflict {
  const present = row.rows.ours ?? row.rows.theirs ?? {};
  const keys = columns.filter(({ isKey }) => isKey).map(({ name }) => name);
  const issue = row.table === 'issues' ? present['id'] : present['issue_id'];
  return {
    table: row.table,
    ...(issue === undefined ? {} : { issue: String(issue) }),
    key: Object.fromEntries(keys.map((key) => [key, present[key] ?? null])),
    ...row.changes,
    fields: columns
      .filter(({ name }) => fields.includes(name))
      .map((column) => ({
        field: column.name,
        base: shown(column, row.base?.[column.name]),
        ours: shown(column, row.rows.ours?.[column.name]),
        theirs: shown(column, row.rows.theirs?.[column.name]),
      })),
  };
}

function shown({ name, kind }: Column, value: unknown): unknown {
  if (kind !== 'json' || typeof value !== 'string') return fieldValue(name, value);
  return JSON.parse(value) as unknown;
}

function counted(count: number, noun: string): string {
  return count === 0 ? '' : `${count} ${noun}${count === 1 ? '' : 's'}`;
}
