import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Connection } from 'mysql2/promise';
import { PUSHES_FAST } from '../../src/util/dolt-pushes.ts';
import { type BareServer, startBareServer } from '../helpers/bare-server.ts';
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
    // As gt starts its servers.
    env: PUSHES_FAST,
  });
  try {
    say(`making a database of ${ISSUES} issues`);
    const project = await makeProject(options, 'federation', server);
    const connection = await connectTo(server, project.database);
    const early = pathToFileURL(join(scratch, 'early')).href;
    mkdirSync(join(scratch, 'early'));
    await connection.query('CALL DOLT_REMOTE(?, ?, ?)', ['add', 'early', early]);
    await connection.query("CALL DOLT_PUSH('early', 'main')");
    await connection.query("CALL DOLT_REMOTE('remove', 'early')");
    await insertRows(connection, generateIssues({ count: ISSUES }));
    await connection.query("CALL DOLT_COMMIT('-Am', 'bench')");
    await connection.query(`CREATE USER '${USER}'@'%' IDENTIFIED BY '${PASSWORD}'`);
    await connection.query(`GRANT CLONE_ADMIN, SUPER ON *.* TO '${USER}'@'%'`);
    say(`the first sync of ${ISSUES} issues`);
    const site = { options, server, project, connection, early, address: `127.0.0.1:${port}` };
    const peers = numbered('peer');
    const copies = numbered('copy');
    const pairs = await alternate(
      { runs, signal },
      () => firstSync(site, peers()),
      () => clone(site, copies()),
    );
    const towns = numbered('town');
    const taken = await alternate(
      { runs, signal },
      () => firstTake(site, towns()),
      () => clone(site, copies()),
    );
    const claim = { against: '`dolt clone` of the same', limit: 3 };
    const what = `first \`bd federation sync\` of ${ISSUES} issues`;
    const rows = [
      ratioRow({ ...claim, what: `${what}, to an empty peer` }, pairs),
      ratioRow({ ...claim, what: `${what}, from a peer` }, taken),
    ];
    await connection.end();
    return rows;
  } finally {
    await server.stop();
  }
}

interface Site {
  readonly options: BenchOptions;
  readonly server: BareServer;
  /** Address of the project as it was before it had issues. */
  readonly early: string;
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

/** Of a town of the same project that has no issues yet. */
async function firstTake(
  { options, server, project, connection, early, address }: Site,
  name: string,
): Promise<number> {
  await connection.query('CALL DOLT_CLONE(?, ?)', [early, name]);
  const town = await makeProject(options, name, server);
  const add = ['federation', 'add-peer', 'full', `http://${address}/${project.database}`, '--user', USER];
  const where = { env: town.env, cwd: town.dir };
  await run(process.execPath, [town.program, ...add, '--password-stdin'], { ...where, input: PASSWORD });
  await town.bd('vc', 'commit', '-m', name);
  return town.bd('federation', 'sync', 'full');
}

async function clone({ options, project, address }: Site, name: string): Promise<number> {
  const directory = join(options.scratch, 'copies');
  mkdirSync(directory, { recursive: true });
  const args = ['clone', '--user', USER, `http://${address}/${project.database}`, name];
  const env = { ...project.env, DOLT_REMOTE_PASSWORD: PASSWORD };
  return timeProcess(options.doltBin, args, { env, cwd: directory });
}
