import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import { startBareServer } from '../helpers/bare-server.ts';
import { generateIssues, insertRows } from '../helpers/generate-issues.ts';
import { testPort } from '../helpers/ports.ts';
import { type BenchProject, connectTo, makeProject } from './bench-project.ts';
import type { BenchOptions } from './main.ts';
import { alternate, type Row, ratioRow } from './row.ts';
import { run, timeProcess } from './time-process.ts';

const ISSUES = 10_000;
const USER = 'sync-bot';
const PASSWORD = 'bench';

/** What the first sync with a peer costs, beside a plain `dolt clone` of the same database. */
export async function federationRows(options: BenchOptions): Promise<Row[]> {
  const { scratch, runs, signal, say } = options;
  const port = await testPort();
  // One server for both sides: each has a database of its own.
  const server = await startBareServer({
    dataDir: join(scratch, 'server'),
    args: ['--remotesapi-port', String(port)],
  });
  try {
    say(`making a database of ${ISSUES} issues`);
    const project = await makeProject(options, 'federation', server);
    const connection = await connectTo(server, project.database);
    await insertRows(connection, generateIssues({ count: ISSUES }));
    await connection.query("CALL DOLT_COMMIT('-Am', 'bench')");
    await connection.query(`CREATE USER '${USER}'@'%' IDENTIFIED BY '${PASSWORD}'`);
    await connection.query(`GRANT CLONE_ADMIN, SUPER ON *.* TO '${USER}'@'%'`);
    say(`the first sync of ${ISSUES} issues`);
    const site = { options, project, connection, address: `127.0.0.1:${port}` };
    const peers = numbered('peer');
    const copies = numbered('copy');
    const pairs = await alternate(
      { runs, signal },
      () => firstSync(site, peers()),
      () => clone(site, copies()),
    );
    const claim = { what: `first \`bd federation sync\` of ${ISSUES} issues`, limit: 3 };
    const row = ratioRow({ ...claim, against: '`dolt clone` of the same' }, pairs);
    await connection.end();
    return [row];
  } finally {
    await server.stop();
  }
}

interface Site {
  readonly options: BenchOptions;
  readonly project: BenchProject;
  readonly connection: Connection;
  /** Of the remotesapi. */
  readonly address: string;
}

function numbered(name: string): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `${name}_${count}`;
  };
}

/** To an empty database of its own. */
async function firstSync({ project, connection, address }: Site, name: string): Promise<number> {
  await connection.query(`CREATE DATABASE ${name}`);
  const { program, env, dir } = project;
  const add = ['federation', 'add-peer', name, `http://${address}/${name}`, '--user', USER, '--password-stdin'];
  await run(process.execPath, [program, ...add], { env, cwd: dir, input: PASSWORD });
  // Adding it changed a table, which is no part of a sync.
  await project.bd('vc', 'commit', '-m', name);
  return project.bd('federation', 'sync', name);
}

async function clone({ options, project, address }: Site, name: string): Promise<number> {
  const directory = join(options.scratch, 'copies');
  mkdirSync(directory, { recursive: true });
  const args = ['clone', '--user', USER, `http://${address}/${project.database}`, name];
  const env = { ...project.env, DOLT_REMOTE_PASSWORD: PASSWORD };
  return timeProcess(options.doltBin, args, { env, cwd: directory });
}
