import type { SqlParameter } from '../../database/types.ts';
import { convert, type Field, type Flaw, isReadAsBytes } from './fields.ts';
import { quoted, type SqliteFile, type SqliteRow } from './sqlite.ts';

/** A row for a table of Dolt, its values in the order of the table's columns. */
export interface TargetRow {
  readonly table: string;
  readonly values: readonly SqlParameter[];
}

/** A row of SQLite as Dolt takes it. */
export interface ReadRow {
  readonly values: Map<string, SqlParameter>;
  readonly flaws: readonly (Flaw & { readonly field: string })[];
  /** As SQLite has it. */
  readonly raw: SqliteRow;
}

/**
 * Reads a table with the columns that it has; the others of `fields` get their initial value.
 *
 * @param order what follows ORDER BY
 * @param others columns to read as they are
 */
export function* readRows(
  db: SqliteFile,
  table: string,
  fields: readonly Field[],
  order: string,
  others: readonly string[] = [],
): Generator<ReadRow> {
  const columns = db.tables.get(table) ?? [];
  const present = fields.filter(({ name }) => columns.includes(name));
  const selected = [...present.map(selectOf), ...others.filter((name) => columns.includes(name)).map(quoted)];
  if (selected.length === 0) return;
  for (const raw of db.rows(`SELECT ${selected.join(', ')} FROM ${quoted(table)} ORDER BY ${order}`)) {
    const values = new Map<string, SqlParameter>();
    const flaws: (Flaw & { field: string })[] = [];
    for (const field of fields) {
      const { value, flaw } = convert(field, raw[field.name]);
      values.set(field.name, value);
      if (flaw) flaws.push({ ...flaw, field: field.name });
    }
    yield { values, flaws, raw };
  }
}

/** Empty texts cost nothing this way where empty and NULL mean the same. */
function selectOf(field: Field): string {
  const name = quoted(field.name);
  if (!isReadAsBytes(field)) return name;
  return `CAST(${field.kind === 'maybe-text' ? name : `nullif(${name}, '')`} AS BLOB) AS ${name}`;
}
