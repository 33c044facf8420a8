import { readFileSync } from 'node:fs';
import { type Row, spread } from './row.ts';

/** A ratio that grows by more than this is told. */
const WORSE = 1.2;

/**
 * Compares ratios with those of an earlier run, which may have been taken on another machine: ratios
 * are what stays the same there.
 *
 * @param file what an earlier run wrote with `--out`
 * @returns tells of rows, in lines, which of their medians are worse by a fifth
 * @throws Error when the file is no such report
 */
export function compareWith(file: string): (rows: readonly Row[]) => string {
  const report: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const before = mediansOf(report);
  if (before.size === 0) throw new Error(`${file}: no report of this bench`);
  return (rows) => {
    const compared = rows.flatMap((row) => {
      const earlier = row.unit === 'x' ? before.get(nameOf(row)) : undefined;
      return earlier === undefined ? [] : [{ name: nameOf(row), earlier, now: spread(row.figures).median }];
    });
    const worse = compared.filter(({ earlier, now }) => now > earlier * WORSE);
    const lines = worse.map(({ name, earlier, now }) => {
      return `WORSE by ${Math.round((now / earlier - 1) * 100)}%: ${name}: ${earlier.toFixed(2)}x, now ${now.toFixed(2)}x\n`;
    });
    const many = worse.length === 0 ? 'none is' : `${worse.length} ${worse.length === 1 ? 'is' : 'are'}`;
    return `${lines.join('')}Of ${compared.length} ratios ${many} worse by a fifth than in ${file}.\n`;
  };
}

function nameOf({ what, against }: Pick<Row, 'what' | 'against'>): string {
  // Another patch of a Node is the same row.
  return `${what} against ${against}`.replace(/(Node \d+)[\d.]+/, '$1');
}

function mediansOf(report: unknown): Map<string, number> {
  const rows = typeof report === 'object' && report !== null && 'rows' in report ? report.rows : [];
  const found = Array.isArray(rows) ? (rows as (Row & { median: number })[]) : [];
  return new Map(found.map((row) => [nameOf(row), row.median]));
}
