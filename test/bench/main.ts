import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareWith } from './baseline.ts';
import { beadsRows, singleCommandRows } from './beads-rows.ts';
import { diskRows } from './disk-rows.ts';
import { federationRows } from './federation-rows.ts';
import { describeMachine } from './machine.ts';
import { jsonReport, renderMachine, renderTable } from './report.ts';
import { holds, type Row } from './row.ts';
import { scaleRows } from './scale-rows.ts';
import { townRows } from './town-rows.ts';

/** What the groups of rows get. */
export interface BenchOptions {
  /** Pairs for each row that starts servers; rows of short commands take three times as many. */
  readonly runs: number;
  /** Root of the package whose programs are measured. */
  readonly packageRoot: string;
  readonly doltBin: string;
  /** Programs of other versions of Node than the one that the bench runs on. */
  readonly nodes: readonly string[];
  /** An empty directory. */
  readonly scratch: string;
  /** Aborted by Ctrl-C: what was started is ended before the bench ends. */
  readonly signal: AbortSignal;
  say(text: string): void;
}

const GROUPS: Record<string, (options: BenchOptions) => Promise<Row[]>> = {
  town: townRows,
  commands: singleCommandRows,
  beads: beadsRows,
  disk: diskRows,
  scale: scaleRows,
  federation: federationRows,
};

/** A report, not a test: it exits with 0 also when a row does not hold. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      runs: { type: 'string', default: '7' },
      compare: { type: 'string' },
      out: { type: 'string', default: join(tmpdir(), 'bench-results.json') },
    },
  });
  // What single commands cost is part of `beads`.
  const names = values.only ? [values.only] : Object.keys(GROUPS).filter((name) => name !== 'commands');
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs ${values.runs}: a whole number from 1`);
  const packageRoot = process.env['GT_BENCH_PACKAGE'];
  const doltBin = process.env['GT_DOLT_BIN'];
  if (!packageRoot || !doltBin) throw new Error('run it with: npm run bench');
  const nodes = (process.env['GT_BENCH_NODES'] ?? '').split(delimiter).filter(Boolean);
  const compare = values.compare === undefined ? () => '' : compareWith(values.compare);

  const interruption = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => interruption.abort(new Error('interrupted')));
  }
  const { signal } = interruption;
  const takenAt = new Date();
  const machine = await describeMachine(packageRoot, doltBin);
  process.stderr.write(`${renderMachine(machine)}\n`);
  const rows: Row[] = [];
  for (const name of names) {
    const group = GROUPS[name];
    if (!group) throw new Error(`--only ${name}: one of ${Object.keys(GROUPS).join(', ')}`);
    const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'gt-bench-')));
    try {
      const say = (text: string) => process.stderr.write(`==> ${name}: ${text}\n`);
      rows.push(...(await group({ runs, packageRoot, doltBin, nodes, scratch, signal, say })));
    } finally {
      rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
    }
  }
  writeFileSync(values.out, `${JSON.stringify(jsonReport(machine, rows, takenAt), null, 2)}\n`);
  const failing = rows.filter((row) => !holds(row)).length;
  process.stdout.write(`${renderTable(rows)}\n\n${renderMachine(machine)}\n`);
  process.stdout.write(`${failing === 0 ? 'All rows hold.' : `${failing} of ${rows.length} rows do not hold.`}\n`);
  process.stdout.write(compare(rows));
  process.stderr.write(`All figures: ${values.out}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
