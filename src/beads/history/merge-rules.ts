import type { Row } from '../../database/types.ts';
import { isSame } from './field-changes.ts';
import type { Change } from './row-changes.ts';

/** `ours`: the branch that is merged into. `theirs`: the one that is merged. */
export type Side = 'ours' | 'theirs';

/** A row that both sides changed, each in its own way. */
export interface ConflictRow {
  readonly table: string;
  /** What each side did to it since their common ancestor. */
  readonly changes: Readonly<Record<Side, Change>>;
  /** The row at the common ancestor; absent when both sides added it. */
  readonly base: Row | undefined;
  /** The row of each side; absent where it was removed. */
  readonly rows: Readonly<Partial<Record<Side, Row>>>;
}

/** How a conflict is solved. */
export type Decision =
  /** Column by column: those that are taken from theirs, and those that nobody can decide. */
  | { readonly kind: 'columns'; readonly theirs: readonly string[]; readonly open: readonly string[] }
  /** One side removed the row: the row as this side has it, or undefined when nobody can decide. */
  | { readonly kind: 'row'; readonly take: Side | undefined };

/**
 * Merges one row, column by column. What only one side changed is taken from that side; where both
 * did, bookkeeping solves itself and everything else is the strategy's, or open.
 *
 * @param strategy the side that wins; undefined leaves conflicts open
 */
export function decideRow(row: ConflictRow, strategy: Side | undefined): Decision {
  const { ours, theirs } = row.rows;
  if (!ours || !theirs) return { kind: 'row', take: row.table === 'federation_peers' ? 'ours' : strategy };
  const columns = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
  const differing = columns.filter((column) => !isSame(ours[column], theirs[column]));
  // Two rows that were made apart from each other are not mixed.
  const whole = row.base === undefined && differing.some((column) => bookkeeping(row, column) === undefined);
  const taken: string[] = [];
  const open: string[] = [];
  for (const column of differing) {
    const own = whole ? undefined : (changedBy(row, column) ?? bookkeeping(row, column));
    const side = own ?? sideOfStatus(row, column, strategy) ?? strategy;
    if (side === 'theirs') taken.push(column);
    if (side === undefined && !(whole && bookkeeping(row, column) !== undefined)) open.push(column);
  }
  return { kind: 'columns', theirs: taken, open };
}

// They say when and why a status was reached, so they go where the status goes.
const WITH_STATUS = new Set(['closed_at', 'close_reason', 'closed_by_session']);

/** The one side that changed a column since the common ancestor. */
function changedBy({ table, base, rows }: ConflictRow, column: string): Side | undefined {
  if (!base) return undefined;
  if (table === 'issues' && WITH_STATUS.has(column) && statusConflicts(base, rows)) return undefined;
  if (isSame(rows.ours?.[column], base[column])) return 'theirs';
  if (isSame(rows.theirs?.[column], base[column])) return 'ours';
  return undefined;
}

function sideOfStatus({ table, base, rows }: ConflictRow, column: string, strategy: Side | undefined) {
  const follows = table === 'issues' && base !== undefined && WITH_STATUS.has(column) && statusConflicts(base, rows);
  // Without a strategy the status itself is open, which says enough.
  return follows ? (strategy ?? 'ours') : undefined;
}

function statusConflicts(base: Row, { ours, theirs }: ConflictRow['rows']): boolean {
  const statuses = [base['status'], ours?.['status'], theirs?.['status']];
  return new Set(statuses).size === 3;
}

/** Columns that are kept by the tools, not by people: the rule that solves a conflict, if there is one. */
function bookkeeping(row: ConflictRow, column: string): Side | undefined {
  const rule = RULES[`${row.table}.${column}`] ?? RULES[`${row.table}.*`] ?? RULES[`*.${column}`];
  return rule?.(row, column);
}

type Rule = (row: ConflictRow, column: string) => Side | undefined;

const later: Rule = (row, column) => (compare(row, column) >= 0 ? 'ours' : 'theirs');
/** Needs a time on both sides: one that was cleared is a decision, not bookkeeping. */
const earlier: Rule = (row, column) => {
  const both = row.rows.ours?.[column] !== undefined && row.rows.theirs?.[column] !== undefined;
  return both ? (compare(row, column) <= 0 ? 'ours' : 'theirs') : undefined;
};
const ours: Rule = () => 'ours';
/** The side that another column is taken from; where that is the same, both sides choose alike. */
const as =
  (rule: Rule, other: string): Rule =>
  (row, column) =>
    compare(row, other) === 0 ? earlier(row, column) : rule(row, other);

const RULES: Readonly<Record<string, Rule>> = {
  '*.updated_at': later,
  // Computed when the issue was made, and read by nobody.
  'issues.content_hash': ours,
  'issues.started_at': earlier,
  'issues.closed_at': earlier,
  'issues.closed_by_session': as(earlier, 'closed_at'),
  'dependencies.created_at': earlier,
  'dependencies.created_by': as(earlier, 'created_at'),
  'child_counters.last_child': later,
  'issue_counter.last_id': later,
  'metadata.value': (row, column) => {
    const key = String(row.rows.ours?.['key']);
    if (key.startsWith('last_')) return later(row, column);
    // Who wrote last: each clone writes its own.
    return key === 'clone_id' || key === 'repo_id' ? 'ours' : undefined;
  },
  // Each clone has its own peers; what a row of another one says is no use here.
  'federation_peers.*': ours,
};

/** Below 0 when ours is less. Times are texts that sort as they are. */
function compare({ rows }: ConflictRow, column: string): number {
  const [a, b] = [rows.ours?.[column], rows.theirs?.[column]];
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return String(a ?? '') < String(b ?? '') ? -1 : String(a ?? '') > String(b ?? '') ? 1 : 0;
}
