import type { SqlAnswer } from '../beads/operations/sql.ts';

/** The JSON of `bd sql`: an array of rows with sorted keys and null, or the number of changed rows. */
export function sqlDocument({
  rows,
  columns,
  rowsAffected,
}: SqlAnswer): Record<string, unknown>[] | { rows_affected: number } {
  if (!rows) return { rows_affected: rowsAffected };
  const keys = [...columns].sort();
  return rows.map((row) => Object.fromEntries(keys.map((key) => [key, row[key] ?? null])));
}

/** The table of `bd sql`, as the Go `bd` prints it: `<nil>` for NULL, `(N rows)` at the end. */
export function renderSql({ rows, columns, rowsAffected }: SqlAnswer): string {
  if (!rows) return `OK, ${rowsAffected} rows affected`;
  const table = [
    [...columns],
    ...rows.map((row) => columns.map((column) => cell(row[column], '<nil>').replace(/\s*\n\s*/g, ' '))),
  ];
  const widths = columns.map((_, index) => Math.max(...table.map((line) => [...(line[index] ?? '')].length)));
  const padded = table.map((line) =>
    line
      .map((text, index) => text + ' '.repeat((widths[index] ?? 0) - [...text].length))
      .join('  ')
      .trimEnd(),
  );
  const [head = '', ...body] = padded;
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [...(rows.length > 0 ? [head, rule, ...body] : []), `(${rows.length} rows)`].join('\n');
}

/** Comma-separated values after RFC 4180, with `\n` line ends; NULL is empty. */
export function sqlCsv({ rows = [], columns }: SqlAnswer): string {
  if (columns.length === 0) return '';
  const lines = [columns, ...rows.map((row) => columns.map((column) => cell(row[column], '')))];
  return `${lines.map((line) => line.map(quoted).join(',')).join('\n')}\n`;
}

function cell(value: unknown, nothing: string): string {
  if (value === undefined || value === null) return nothing;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
