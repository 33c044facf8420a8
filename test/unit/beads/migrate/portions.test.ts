import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ISSUE_FIELDS } from '../../../../src/beads/migrate/issue-fields.ts';
import { discardPortion, type Portion, portionsOf } from '../../../../src/beads/migrate/portions.ts';
import type { TargetRow } from '../../../../src/beads/migrate/read-rows.ts';

const directory = mkdtempSync(join(tmpdir(), 'gt-portions-'));
afterAll(() => rmSync(directory, { recursive: true }));

const breathe = () => undefined;

async function taken(rows: Iterable<TargetRow>, files?: string): Promise<(Portion & { lines: string[] })[]> {
  const found = [];
  for await (const portion of portionsOf(rows, files, breathe)) {
    const lines = portion.file === undefined ? [] : readFileSync(portion.file, 'utf8').split('\n').slice(0, -1);
    found.push({ ...portion, lines });
    await discardPortion(portion);
  }
  return found;
}

function issue(id: string, others: Record<string, string | number> = {}): TargetRow {
  const fields: Record<string, string | number> = { id, title: id, ...others };
  return { table: 'issues', values: ISSUE_FIELDS.map(({ name, initial }) => fields[name] ?? initial) };
}

function* labels(count: number): Generator<TargetRow> {
  for (let index = 0; index < count; index += 1) yield { table: 'labels', values: ['hm-a1', `label ${index}`] };
}

test('every row is in one portion, in order, and issues go before what refers to them', async () => {
  const rows = [issue('hm-a1'), ...labels(45_500)];
  const portions = await taken(rows, directory);
  expect(portions.map(({ table, count }) => [table.name, count])).toEqual([
    ['issues', 1],
    ['labels', 20_000],
    ['labels', 20_000],
    ['labels', 5_500],
  ]);
  const lines = portions.slice(1).flatMap((portion) => portion.lines);
  expect(lines).toEqual([...labels(45_500)].map(({ values }) => values.join('\t')));
});

test('a column that only later rows use begins another portion, and none loses it again', async () => {
  const rows = [
    ...Array.from({ length: 1_500 }, (_, index) => issue(`hm-a${index}`)),
    issue('hm-assigned', { assignee: 'alice' }),
    ...Array.from({ length: 2_000 }, (_, index) => issue(`hm-b${index}`)),
  ];
  const portions = await taken(rows, directory);
  expect(portions.map(({ count, columns }) => [count, columns.includes('assignee')])).toEqual([
    [1_000, false],
    [2_501, true],
  ]);
  const [, later] = portions;
  const at = later?.columns.indexOf('assignee') ?? -1;
  expect(later?.lines.map((line) => line.split('\t')[at]).filter((text) => text !== '\\N')).toEqual(['alice']);
});

test('a row that a file cannot hold is beside it; without a directory all are', async () => {
  const rows = [issue('hm-a1'), issue('hm-a2', { assignee: 'NULL' })];
  const [portion] = await taken(rows, directory);
  expect(portion?.count).toBe(2);
  expect(portion?.lines).toHaveLength(1);
  expect(portion?.rows.map(([id]) => id)).toEqual(['hm-a2']);
  const [inMemory] = await taken(rows);
  expect(inMemory?.file).toBeUndefined();
  expect(inMemory?.rows.map(([id]) => id)).toEqual(['hm-a1', 'hm-a2']);
});

test('large rows make small portions', async () => {
  const text = 'x'.repeat(1024 * 1024);
  const rows = Array.from({ length: 10 }, (_, index) => issue(`hm-${index}`, { description: text }));
  const portions = await taken(rows, directory);
  expect(portions.length).toBeGreaterThan(1);
  expect(portions.reduce((sum, { count }) => sum + count, 0)).toBe(10);
});
