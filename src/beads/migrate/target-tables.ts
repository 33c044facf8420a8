import { isLocalTable } from '../tables.ts';
import { type Field, field, text } from './fields.ts';
import { ISSUE_FIELDS } from './issue-fields.ts';
import { RELATED_TABLES } from './related-tables.ts';

/** A table of Dolt that rows of SQLite go to. */
export interface TargetTable {
  readonly name: string;
  readonly fields: readonly Field[];
  /** Positions of the primary key. */
  readonly key: readonly number[];
  /** Position of the indexed column by which rows are looked up. */
  readonly lookup: number;
  /** What to do about a row that the new database has already; without it there is none, and rows are counted. */
  readonly merge?: string;
  /** Kept out of Dolt's history. */
  readonly local: boolean;
}

function table(name: string, fields: readonly Field[], key: readonly number[] = [0]): TargetTable {
  return { name, fields, key, lookup: 0, local: isLocalTable(name) };
}

/** A table of which the schema or somebody's setting may have made rows. */
function merged(name: string, fields: readonly Field[]): TargetTable {
  const value = fields.at(-1)?.name;
  return { ...table(name, fields), merge: `ON DUPLICATE KEY UPDATE ${value} = VALUES(${value})` };
}

const PAIR = [text('key', 255), text('value')];

/** In the order in which foreign keys allow to fill them. */
export const TARGET_TABLES: ReadonlyMap<string, TargetTable> = new Map(
  [
    table('issues', ISSUE_FIELDS),
    table('wisps', ISSUE_FIELDS),
    ...RELATED_TABLES.flatMap(({ name, fields, wisps }) => {
      const key = name === 'labels' || name === 'dependencies' ? [0, 1] : [0];
      return wisps ? [table(name, fields, key), table(wisps, fields, key)] : [table(name, fields, key)];
    }),
    merged('config', PAIR),
    merged('metadata', PAIR),
    merged('local_metadata', PAIR),
    merged('child_counters', [text('parent_id', 255), field('last_child', 'int', 0)]),
    merged('custom_statuses', [text('name', 64), text('category', 32)]),
    merged('custom_types', [text('name', 64)]),
  ].map((each) => [each.name, each]),
);

/** The tables that a Dolt commit of a migration takes. */
export const VERSIONED_TARGETS: readonly string[] = [...TARGET_TABLES.values()]
  .filter(({ local }) => !local)
  .map(({ name }) => name);

export function targetTable(name: string): TargetTable {
  const found = TARGET_TABLES.get(name);
  if (!found) throw new Error(`no rows of SQLite go to the table ${name}`);
  return found;
}
