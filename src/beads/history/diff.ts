import type { Queryable } from '../../database/types.ts';
import type { BeadsContext } from '../context.ts';
import { type IssueChange, type IssueRows, idsWithoutRow, issueChanges } from './issue-changes.ts';
import { type Revision, resolveRevision } from './revision.ts';
import {
  type Change,
  type ChangedTable,
  countRowChanges,
  type RowChange,
  readChangedTables,
  readRowChanges,
} from './row-changes.ts';

/** How many rows of a table are not the same at two revisions. */
export interface TableChange extends Record<Change, number> {
  table: string;
  /** Whether columns or indexes changed, or the table itself came or went. */
  schema_changed: boolean;
  /** Of tables of settings: the keys that changed. */
  keys?: string[];
}

export interface RevisionDiff {
  from: Pick<Revision, 'name' | 'hash'>;
  to: Pick<Revision, 'name' | 'hash'>;
  /** Sorted by id. */
  issues: IssueChange[];
  /** Every table with a change, those of the issues included. */
  tables: TableChange[];
}

/** Tables with one row for a name, by the column of the name. */
const KEYED: Readonly<Record<string, string>> = {
  config: 'key',
  metadata: 'key',
  custom_statuses: 'name',
  custom_types: 'name',
  federation_peers: 'name',
};

/**
 * What is not the same at two revisions: the issues one by one, the other tables in numbers. Takes
 * as long as there are changes, however many issues there are.
 *
 * @param from see `resolveRevision`
 * @throws AppError NOT_FOUND for a revision that there is not
 * @example const { issues } = await diffRevisions(ctx, 'HEAD~1', 'HEAD');
 */
export async function diffRevisions(ctx: BeadsContext, from: string, to: string): Promise<RevisionDiff> {
  const { db } = ctx;
  const [old, young] = [await resolveRevision(db, from), await resolveRevision(db, to)];
  const changed = await readChangedTables(db, old.at, young.at);
  const rows: Record<keyof IssueRows, RowChange[]> = { issues: [], labels: [], dependencies: [], comments: [] };
  const tables: TableChange[] = [];
  for (const table of changed) {
    if (isPart(table.name)) {
      rows[table.name] = await readRowChanges(db, old.at, young.at, table.name);
      tables.push({ ...described(table), ...counted(rows[table.name]) });
    } else {
      tables.push({ ...described(table), ...(await summarised(db, old.at, young.at, table.name)) });
    }
  }
  const titles = await readTitles(db, [young.at, old.at], idsWithoutRow(rows));
  return {
    from: nameAndHash(old),
    to: nameAndHash(young),
    issues: issueChanges(rows, (id) => titles.get(id) ?? ''),
    tables: tables.sort((a, b) => (a.table < b.table ? -1 : 1)),
  };
}

function isPart(table: string): table is keyof IssueRows {
  return ['issues', 'labels', 'dependencies', 'comments'].includes(table);
}

function described(table: ChangedTable) {
  return { table: table.name, schema_changed: table.schemaChanged };
}

function counted(rows: readonly RowChange[]): Record<Change, number> {
  const count = (change: Change) => rows.filter((row) => row.change === change).length;
  return { added: count('added'), modified: count('modified'), removed: count('removed') };
}

async function summarised(db: Queryable, from: string, to: string, table: string) {
  const key = KEYED[table];
  if (key === undefined) return countRowChanges(db, from, to, table);
  const rows = await readRowChanges(db, from, to, table);
  return { ...counted(rows), keys: rows.map(({ before, after }) => String((after ?? before)?.[key])).sort() };
}

const TITLES_AT_ONCE = 200;

/** Titles as of the first of the revisions that knows the issue. */
async function readTitles(
  db: Queryable,
  revisions: readonly string[],
  ids: readonly string[],
): Promise<Map<string, string>> {
  const titles = new Map<string, string>();
  for (const revision of revisions) {
    const missing = ids.filter((id) => !titles.has(id));
    for (let start = 0; start < missing.length; start += TITLES_AT_ONCE) {
      const some = missing.slice(start, start + TITLES_AT_ONCE);
      const places = some.map(() => '?').join(', ');
      const rows = await db.query(`SELECT id, title FROM issues AS OF ? WHERE id IN (${places})`, [revision, ...some]);
      for (const row of rows) titles.set(String(row['id']), String(row['title'] ?? ''));
    }
  }
  return titles;
}

function nameAndHash({ name, hash }: Revision) {
  return hash === undefined ? { name } : { name, hash };
}
