import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import type { BareServer } from '../helpers/bare-server.ts';
import { type GeneratedRows, generateIssues, insertRows } from '../helpers/generate-issues.ts';
import {
  type BenchProject,
  connectTo,
  embeddedDataDir,
  makeProject,
  startServer,
  withServerOn,
} from './bench-project.ts';
import type { BenchOptions } from './main.ts';
import { alternate, type Row, ratioRow } from './row.ts';
import { timeNode, timeProcess } from './time-process.ts';
import { transferRows } from './transfer-rows.ts';
import { writerRows } from './writer-rows.ts';

const ISSUES = 10_000;
const SHOWN = 'gen-01s3';

/** What the groups below work on: the same 10,000 issues on a server and embedded. */
export interface BenchBeads {
  readonly server: BareServer;
  readonly connection: Connection;
  readonly onServer: BenchProject;
  readonly embedded: BenchProject;
  readonly rows: GeneratedRows;
}

/** What `bd` costs, on a database of a year's work. */
export async function beadsRows(options: BenchOptions): Promise<Row[]> {
  options.say(`making two databases of ${ISSUES} issues`);
  const rows = generateIssues({ count: ISSUES, dependencies: 3_000 });
  const server = await startServer(join(options.scratch, 'server'));
  try {
    const onServer = await makeProject(options, 'shared', server);
    const embedded = await makeProject(options, 'local');
    const connection = await connectTo(server, onServer.database);
    await fill(connection, rows);
    await withServerOn(embedded, (local) => fill(local, rows));
    const beads = { server, connection, onServer, embedded, rows };
    const measured = [
      ...(await commandRows(options, beads)),
      ...(await queryRows(options, beads)),
      ...(await writerRows(options, beads)),
      ...(await transferRows(options, beads)),
    ];
    await connection.end();
    return measured;
  } finally {
    await server.stop();
  }
}

async function fill(connection: Connection, rows: GeneratedRows): Promise<void> {
  await insertRows(connection, rows);
  await connection.query("CALL DOLT_COMMIT('-Am', 'bench')");
}

async function commandRows(options: BenchOptions, { onServer, embedded }: BenchBeads): Promise<Row[]> {
  const { signal, say } = options;
  const runs = { runs: options.runs * 3, signal };
  const rows: Row[] = [];
  const against = '`node -e 0`';
  const onServerRow = async (what: string, limit: number, ...args: string[]) => {
    say(what);
    await onServer.bd(...args);
    rows.push(
      ratioRow(
        { what: `\`${what}\`, server`, against, limit },
        await alternate(runs, () => onServer.bd(...args), timeNode),
      ),
    );
  };
  await onServerRow('bd show', 2, 'show', SHOWN);
  await onServerRow('bd list', 2, 'list');
  await onServerRow('bd create', 2.5, 'create', 'One more issue');
  await onServerRow('bd --help', 1.5, '--help');

  const local = join(embeddedDataDir(embedded), embedded.database);
  const dolt = ['sql', '-q', 'select 1'];
  const reference = async () => {
    const sql = await timeProcess(options.doltBin, dolt, { cwd: local, env: embedded.env });
    return sql + (await timeNode());
  };
  for (const [what, ...args] of [
    ['bd list', 'list'],
    ['bd show', 'show', SHOWN],
    ['bd create', 'create', 'One more issue'],
  ] as const) {
    say(`${what}, embedded`);
    await embedded.bd(...args);
    const pairs = await alternate(runs, () => embedded.bd(...args), reference);
    const claim = {
      what: `\`${what}\`, embedded`,
      against: "`dolt sql -q 'select 1'` there + `node -e 0`",
      limit: 1.5,
    };
    rows.push(ratioRow(claim, pairs));
  }
  return rows;
}

async function queryRows({ runs, signal, say }: BenchOptions, { onServer }: BenchBeads): Promise<Row[]> {
  const rows: Row[] = [];
  for (const command of ['ready', 'blocked', 'stats']) {
    say(`bd ${command}`);
    await onServer.bd(command);
    const pairs = await alternate(
      { runs: runs * 3, signal },
      () => onServer.bd(command),
      () => onServer.bd('show', SHOWN),
    );
    rows.push(ratioRow({ what: `\`bd ${command}\`, server`, against: '`bd show`', limit: 1.8 }, pairs));
  }
  return rows;
}
