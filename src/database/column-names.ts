import { type SpawnDoltSqlOptions, spawnDoltSql } from './spawn-dolt-sql.ts';

/**
 * The names of the columns of a statement that reads, in their order. Dolt's JSON leaves NULL out,
 * so a child of its own prints the statement as CSV, of which only the first line is waited for.
 *
 * @returns nothing where Dolt printed no header
 * @example await columnNames(options, 'SELECT 1 AS a, NULL AS b') // ['a', 'b']
 */
export async function columnNames(options: SpawnDoltSqlOptions, sql: string): Promise<string[]> {
  const child = spawnDoltSql(options, 'csv');
  let printed = '';
  let names: string[] | undefined;
  child.process.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (names) return;
    printed += text;
    names = csvHeader(printed);
    // It only reads, and what it reads we have already.
    if (names) child.process.kill();
  });
  child.process.stderr.resume();
  child.process.stdin.end(`${sql}\n;\n`);
  await child.ended;
  return names ?? [];
}

/**
 * The fields of the first record of CSV text; undefined while its end is not there.
 *
 * @example csvHeader('a,"b ""c"", d"\n1,2\n') // ['a', 'b "c", d']
 */
export function csvHeader(text: string): string[] | undefined {
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n)/y;
  for (let match = field.exec(text); match; match = field.exec(text)) {
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] !== ',') return fields;
  }
  return undefined;
}
