import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import type { BareServer } from '../helpers/bare-server.ts';
import { type GeneratedRows, generateIssues, insertRows } from '../helpers/generate-issues.ts';
import { type BenchProject, connectTo, makeProject, startServer, withServerOn } from './bench-project.ts';
import { commandRows } from './command-rows.ts';
import type { BenchOptions } from './main.ts';
import type { Row } from './row.ts';
import { transferRows } from './transfer-rows.ts';
import { writerRows } from './writer-rows.ts';

const ISSUES = 10_000;

/** What the groups below work on: the same 10,000 issues on a server and embedded. */
export interface BenchBeads {
  readonly server: BareServer;
  readonly connection: Connection;
  readonly onServer: BenchProject;
  readonly embedded: BenchProject;
  readonly rows: GeneratedRows;
}

/** What `bd` costs, on a database of a year's work. */
export function beadsRows(options: BenchOptions): Promise<Row[]> {
  return withBeads(options, async (beads) => [
    ...(await commandRows(options, beads)),
    ...(await writerRows(options, beads)),
    ...(await transferRows(options, beads)),
  ]);
}

/** Only what single commands cost. */
export function singleCommandRows(options: BenchOptions): Promise<Row[]> {
  return withBeads(options, (beads) => commandRows(options, beads));
}

async function withBeads(options: BenchOptions, measure: (beads: BenchBeads) => Promise<Row[]>): Promise<Row[]> {
  options.say(`making two databases of ${ISSUES} issues`);
  const rows = generateIssues({ count: ISSUES, dependencies: 3_000 });
  const server = await startServer(join(options.scratch, 'server'));
  try {
    const onServer = await makeProject(options, 'shared', server);
    const embedded = await makeProject(options, 'local');
    const connection = await connectTo(server, onServer.database);
    await fill(connection, rows);
    await withServerOn(embedded, (local) => fill(local, rows));
    // A database that grew by embedded writes has no long journal.
    await embedded.bd('create', 'The first one written embedded');
    const measured = await measure({ server, connection, onServer, embedded, rows });
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
