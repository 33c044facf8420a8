import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { compareWith } from '../../bench/baseline.ts';
import { figureRow, type Row, ratioRow } from '../../bench/row.ts';

const directory = mkdtempSync(join(tmpdir(), 'gt-baseline-'));
afterAll(() => rmSync(directory, { recursive: true }));

function row(what: string, ratio: number): Row {
  return ratioRow({ what, against: '`node -e 0`', limit: 2 }, [{ measured: ratio, reference: 1 }]);
}

function report(...rows: readonly (Row & { median: number })[]): string {
  const file = join(directory, `${Math.random()}.json`);
  writeFileSync(file, JSON.stringify({ rows }));
  return file;
}

test('a ratio that is worse by more than a fifth is named, one that is not is counted', () => {
  const file = report(
    { ...row('`bd show`, server', 1.5), median: 1.5 },
    { ...row('`bd list`, server, Node 24.1.0', 2), median: 2 },
    { ...figureRow({ what: 'memory', unit: 'MB', limit: 70 }, [50]), median: 50 },
  );
  const compare = compareWith(file);
  expect(compare([row('`bd show`, server', 1.79), row('`bd list`, server, Node 24.9.9', 2.39)])).toBe(
    `Of 2 ratios none is worse by a fifth than in ${file}.\n`,
  );
  expect(
    compare([
      row('`bd show`, server', 1.81),
      row('`bd list`, server, Node 24.9.9', 2.5),
      row('`bd new`, server', 9),
      figureRow({ what: 'memory', unit: 'MB', limit: 70 }, [500]),
    ]),
  ).toBe(
    'WORSE by 21%: `bd show`, server against `node -e 0`: 1.50x, now 1.81x\n' +
      'WORSE by 25%: `bd list`, server, Node 24 against `node -e 0`: 2.00x, now 2.50x\n' +
      `Of 2 ratios 2 are worse by a fifth than in ${file}.\n`,
  );
});

test('a file that is no report is refused', () => {
  expect(() => compareWith(report())).toThrow(/no report of this bench/);
});
