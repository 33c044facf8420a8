import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { type BareServer, startBareServer } from './bare-server.ts';
import { testPort } from './ports.ts';
import type { RunOptions, RunResult, Workspace } from './workspace.ts';

/** One town of a federation: a real server with a remotesapi, a project directory, a sync user. */
export interface FederationTown {
  readonly name: string;
  readonly directory: string;
  readonly server: BareServer;
  /** What others give to add-peer. */
  readonly address: string;
  readonly remotesapiPort: number;
  readonly user: string;
  readonly password: string;
  bd(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Runs `bd`, which must succeed, and gives its output. */
  run(...args: string[]): Promise<string>;
  /** A plain connection, for looking without bd. */
  sql<T extends RowDataPacket>(statement: string): Promise<T[]>;
  /** Every row of the tables that make up the issues. */
  issueTables(): Promise<string>;
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

const TABLES = ['issues', 'labels', 'dependencies', 'comments', 'events'];

/** Starts a town with an empty database `beads`. */
export async function makeFederationTown(workspace: Workspace, name: string): Promise<FederationTown> {
  const directory = join(workspace.home, name);
  const dataDir = join(workspace.home, `${name}-data`);
  mkdirSync(directory);
  const [port, remotesapiPort] = [await testPort(), await testPort()];
  const start = () => startBareServer({ dataDir, port, args: ['--remotesapi-port', String(remotesapiPort)] });
  const [user, password] = [`sync-${name}`, `pass-of-${name}-7f3a`];
  let server = await start();
  let connection: Connection | undefined;
  const town: FederationTown = {
    name,
    directory,
    get server() {
      return server;
    },
    address: `127.0.0.1:${remotesapiPort}/beads`,
    remotesapiPort,
    user,
    password,
    bd: (args, options = {}) => workspace.bd(args, { cwd: directory, ...options }),
    async run(...args) {
      const result = await town.bd(args);
      if (result.exitCode !== 0) throw new Error(`bd ${args.join(' ')}: ${result.stdout}\n${result.stderr}`);
      return result.stdout;
    },
    async sql<T extends RowDataPacket>(statement: string): Promise<T[]> {
      connection ??= await createConnection({ host: '127.0.0.1', port, user: 'root', dateStrings: true });
      // A test may kill the server.
      if (connection.listenerCount('error') === 0) connection.on('error', () => undefined);
      const [rows] = await connection.query<T[]>(statement);
      return rows;
    },
    async issueTables() {
      const contents: unknown[] = [];
      for (const table of TABLES) contents.push(await town.sql(`SELECT * FROM beads.${table} ORDER BY 1, 2`));
      return JSON.stringify(contents, null, 1);
    },
    async restart() {
      connection?.destroy();
      connection = undefined;
      await server.stop();
      server = await start();
    },
    async dispose() {
      connection?.destroy();
      await server.stop();
    },
  };
  await town.sql('CREATE DATABASE beads');
  await town.sql(`CREATE USER '${user}'@'%' IDENTIFIED BY '${password}'`);
  await town.sql(`GRANT CLONE_ADMIN, SUPER ON *.* TO '${user}'@'%'`);
  return town;
}

/** Makes the project in a town. */
export async function beginProject(town: FederationTown): Promise<void> {
  await initBeads(town);
}

/** Makes a town one of the same project, by a first sync from one that has it. */
export async function joinProject(from: FederationTown, town: FederationTown): Promise<void> {
  await addPeer(from, town);
  await from.run('federation', 'sync', town.name);
  await initBeads(town);
}

export async function addPeer(town: FederationTown, peer: FederationTown): Promise<void> {
  const args = ['federation', 'add-peer', peer.name, peer.address, '--user', peer.user, '--password-stdin'];
  const added = await town.bd(args, { input: peer.password });
  if (added.exitCode !== 0) throw new Error(`${added.stdout}\n${added.stderr}`);
}

async function initBeads(town: FederationTown): Promise<void> {
  const env = { BEADS_DOLT_SERVER_PORT: String(town.server.port) };
  const result = await town.bd(['init', '--server', '--database', 'beads', '--prefix', 'hm'], { env });
  if (result.exitCode !== 0) throw new Error(`${result.stdout}\n${result.stderr}`);
}
