import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import { insertRows } from '../helpers/generate-issues.ts';
import type { BenchBeads } from './beads-rows.ts';
import { connectTo, countIssues, makeProject } from './bench-project.ts';
import type { BenchOptions } from './main.ts';
import { alternate, figureRow, type Row, ratioRow } from './row.ts';
import { peakMegabytes, timeNode } from './time-process.ts';

/** The whole database out to JSONL and in again. */
export async function transferRows(options: BenchOptions, beads: BenchBeads): Promise<Row[]> {
  const { runs, signal, say } = options;
  const { server, connection, onServer, rows } = beads;
  const file = join(options.scratch, 'issues.jsonl');
  say('bd export');
  const exported = await alternate(
    { runs, signal },
    () => onServer.bd('export', '-o', file),
    () => timeSelects(connection),
  );

  say('bd import');
  let databases = 0;
  const empty = () => {
    databases += 1;
    return makeProject(options, `import_${databases}`, server);
  };
  const expected = await countIssues(connection);
  const imported = await alternate(
    { runs, signal },
    async () => {
      const project = await empty();
      const took = await project.bd('import', file);
      const filled = await connectTo(server, project.database);
      const count = await countIssues(filled);
      await filled.end();
      if (count !== expected) throw new Error(`an import of ${expected} issues made ${count}`);
      return took;
    },
    async () => {
      const target = await connectTo(server, (await empty()).database);
      const begun = performance.now();
      await insertRows(target, rows);
      const took = performance.now() - begun;
      await target.end();
      return took;
    },
  );
  const peak = async (args: string[], project = onServer) => {
    return peakMegabytes(process.execPath, [project.program, ...args], { env: project.env, cwd: project.dir });
  };
  return [
    ratioRow(
      { what: '`bd import` of the 10,000', against: 'one mysql2 connection, statements of 500 rows', limit: 2 },
      imported,
    ),
    figureRow({ what: 'the same: memory at most', unit: 'MB', limit: 300 }, [
      await peak(['import', file], await empty()),
    ]),
    ratioRow({ what: '`bd export` of them', against: SELECTS, limit: 3 }, exported),
    figureRow({ what: 'the same: memory at most', unit: 'MB', limit: 150 }, [await peak(['export', '-o', file])]),
  ];
}

export const SELECTS = '`SELECT *` of the tables + `node -e 0`';

/** Reads what an export is made of with a plain client, in ms. */
export async function timeSelects(connection: Connection): Promise<number> {
  const begun = performance.now();
  for (const table of ['issues', 'dependencies', 'labels', 'comments'])
    await connection.query(`SELECT * FROM ${table}`);
  return performance.now() - begun + (await timeNode());
}
