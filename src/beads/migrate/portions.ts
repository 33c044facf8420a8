import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SqlParameter } from '../../database/types.ts';
import { ALWAYS_WRITTEN } from './issue-fields.ts';
import type { TargetRow } from './read-rows.ts';
import { TARGET_TABLES, type TargetTable, targetTable } from './target-tables.ts';
import { isLoadable, line, writeText } from './text-file.ts';

/** Rows of one table that go into it at once. */
export interface Portion {
  readonly table: TargetTable;
  readonly columns: readonly string[];
  /** Path of a file that LOAD DATA reads, with the rows that may come from one. */
  readonly file: string | undefined;
  /** The other rows, each with a value for each of the columns. */
  readonly rows: readonly (readonly SqlParameter[])[];
  /** How many rows there are, in the file and beside it. */
  readonly count: number;
}

/** The more rows at once, the less often Dolt writes the same pages of its indexes; and the more memory it takes. */
const MOST = {
  file: { rows: 20_000, characters: 4 * 1024 * 1024 },
  rows: { rows: 5_000, characters: 4 * 1024 * 1024 },
};
/** So many rows are kept as objects before they are written down. */
const BATCH = 1_000;
/** What the other tables refer to. */
const PARENTS = ['issues', 'wisps'];

/**
 * Sorts rows into portions, those with issues before those that refer to them.
 *
 * @param rows issues first
 * @param directory where the files of the portions are written, each for its taker to remove; without
 *   one the portions have their rows in memory
 * @param breathe called after each row
 */
export async function* portionsOf(
  rows: Iterable<TargetRow>,
  directory: string | undefined,
  breathe: () => Promise<void> | undefined,
): AsyncGenerator<Portion, void, undefined> {
  const packers = new Map<string, Packer>();
  const rest = async function* (names: Iterable<string>) {
    for (const name of names) yield* (await packers.get(name)?.take()) ?? [];
  };
  let parents = true;
  for (const row of rows) {
    if (parents && !PARENTS.includes(row.table)) {
      parents = false;
      yield* rest(PARENTS);
    }
    const packer = packers.get(row.table) ?? createPacker(targetTable(row.table), directory);
    packers.set(row.table, packer);
    yield* await packer.add(row);
    await breathe();
  }
  yield* rest(TARGET_TABLES.keys());
}

export async function discardPortion({ file }: Portion): Promise<void> {
  if (file !== undefined) await rm(file, { force: true });
}

interface Packer {
  /** @returns portions that are full now */
  add(row: TargetRow): Promise<Portion[]> | readonly Portion[];
  /** What is left. */
  take(): Promise<Portion[]>;
}

function createPacker(table: TargetTable, directory: string | undefined): Packer {
  const inFile = directory !== undefined && table.merge === undefined;
  const most = inFile ? MOST.file : MOST.rows;
  let used: readonly number[] = [];
  let batch: TargetRow[] = [];
  let characters = 0;
  let open = begin();

  function begin() {
    const path = inFile ? join(directory, `${table.name}-${randomUUID()}.tsv`) : undefined;
    return { path, isWritten: false, count: 0, characters: 0, rows: [] as SqlParameter[][] };
  }

  function close(): Portion[] {
    const { path, isWritten, rows, count } = open;
    open = begin();
    if (count === 0) return [];
    const columns = used.map((index) => table.fields[index]?.name ?? '');
    return [{ table, columns, file: isWritten ? path : undefined, rows, count }];
  }

  /** @returns what had to be closed, because the batch has columns that were left out there */
  async function writeBatch(): Promise<Portion[]> {
    const columns = usedColumns(table, batch, used);
    const closed = columns.length > used.length ? close() : [];
    used = columns;
    const rows = batch.map(({ values }) => used.map((index) => values[index] ?? null));
    const lines = open.path === undefined ? '' : rows.filter(isLoadable).map(line).join('');
    if (open.path !== undefined && lines !== '') {
      await writeText(open.path, lines);
      open.isWritten = true;
    }
    open.rows.push(...(open.path === undefined ? rows : rows.filter((row) => !isLoadable(row))));
    open.count += batch.length;
    open.characters += characters;
    batch = [];
    characters = 0;
    return closed;
  }

  async function packBatch(): Promise<Portion[]> {
    const closed = await writeBatch();
    const isFull = open.count >= most.rows || open.characters >= most.characters;
    return isFull ? [...closed, ...close()] : closed;
  }

  return {
    add(row) {
      batch.push(row);
      for (const value of row.values) characters += typeof value === 'string' ? value.length : 0;
      return batch.length >= BATCH || characters >= MOST.rows.characters ? packBatch() : [];
    },
    take: async () => (batch.length === 0 ? close() : [...(await writeBatch()), ...close()]),
  };
}

/** Columns in which all rows have the default are left out: that halves the time of an import. */
function usedColumns(table: TargetTable, batch: readonly TargetRow[], used: readonly number[]): readonly number[] {
  const all = table.fields.map((_field, index) => index);
  if (!PARENTS.includes(table.name)) return all;
  return all.filter((index) => {
    const field = table.fields[index];
    if (!field || used.includes(index) || ALWAYS_WRITTEN.has(field.name)) return true;
    return batch.some(({ values }) => values[index] !== field.initial);
  });
}
