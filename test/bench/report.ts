import type { Machine } from './machine.ts';
import { holds, type Row, spread } from './row.ts';

const HEADER = ['what', 'against', 'measured (min..max)', 'at most', 'holds'];

/** The table, as Markdown, so that it can be pasted into the README. */
export function renderTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.what,
    row.against ?? '',
    measured(row),
    row.limit === null ? '' : figure(row.limit, row.unit),
    row.limit === null ? '' : holds(row) ? 'yes' : 'NO',
  ]);
  const widths = HEADER.map((title, at) => Math.max(title.length, ...cells.map((line) => line[at]?.length ?? 0)));
  const line = (texts: readonly string[]) => `| ${texts.map((text, at) => text.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [line(HEADER), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...cells.map(line)].join('\n');
}

export function renderMachine(machine: Machine): string {
  const { cpu, cores, memoryGiB, os, load, node, dolt, nodeVariables } = machine;
  const variables = nodeVariables.length > 0 ? ` with ${nodeVariables.join(', ')}` : '';
  return `${machine.package} · Node ${node}${variables} · Dolt ${dolt} · ${cores} cores (${cpu}), ${memoryGiB} GiB, ${os}, load ${load}`;
}

/** The document that is written beside the table, with every single figure. */
export function jsonReport(machine: Machine, rows: readonly Row[], takenAt: Date) {
  return {
    schema_version: 1,
    taken_at: takenAt.toISOString(),
    machine,
    rows: rows.map((row) => ({ ...row, ...rounded(row), holds: holds(row) })),
  };
}

function measured(row: Row): string {
  const { min, median, max } = spread(row.figures);
  if (row.figures.length === 1) return figure(median, row.unit);
  return `${figure(median, row.unit)} (${figure(min, row.unit)}..${figure(max, row.unit)})${times(row)}`;
}

/** Medians of the times behind a ratio: the ratio alone does not say what it feels like. */
function times({ pairs }: Row): string {
  if (pairs.length === 0) return '';
  const median = (part: 'measured' | 'reference') => spread(pairs.map((pair) => pair[part])).median;
  return ` ${Math.round(median('measured'))}/${Math.round(median('reference'))} ms`;
}

function figure(value: number, unit: Row['unit']): string {
  if (unit === 'x') return `${value.toFixed(2)}x`;
  if (unit === '%') return `${value.toFixed(2)}%`;
  return `${Math.round(value)} ${unit}`;
}

function rounded({ figures, pairs }: Row) {
  const round = (value: number) => Math.round(value * 1_000) / 1_000;
  const { min, median, max } = spread(figures);
  return {
    min: round(min),
    median: round(median),
    max: round(max),
    figures: figures.map(round),
    pairs: pairs.map((pair) => ({ measured: round(pair.measured), reference: round(pair.reference) })),
  };
}
