import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { type BareServer, startBareServer } from '../../helpers/bare-server.ts';
import { json, type RunResult, type Workspace } from '../../helpers/workspace.ts';

export type Mode = 'embedded' | 'server';

/** A project of a test, and an oracle that reads its database without any code of ours. */
export interface Project {
  readonly dir: string;
  readonly database: string;
  bd(...args: string[]): Promise<RunResult>;
  /** Makes an issue and returns its id. */
  create(title: string): Promise<string>;
  titles(): Promise<string[]>;
  /** Runs statements with a plain MySQL client; returns the rows of the last. */
  ask(...statements: string[]): Promise<RowDataPacket[]>;
}

let made = 0;

export async function makeProject(workspace: Workspace, mode: Mode, server: BareServer): Promise<Project> {
  made += 1;
  const database = `hm${made}`;
  const dir = join(workspace.home, database);
  mkdirSync(dir);
  const bd = (...args: string[]) => workspace.bd(args, { cwd: dir });
  const where = mode === 'server' ? ['--server', '--server-port', String(server.port)] : [];
  const init = await bd('init', '--prefix', database, '-q', ...where);
  if (init.exitCode !== 0) throw new Error(`bd init: ${init.stderr}`);
  return {
    dir,
    database,
    bd,
    async create(title) {
      const result = await bd('create', title, '--json');
      if (result.exitCode !== 0) throw new Error(`bd create: ${result.stderr}`);
      return String(json(result)['id']);
    },
    async titles() {
      const result = await bd('list', '--json', '--limit', '0');
      if (result.exitCode !== 0) throw new Error(`bd list: ${result.stdout}${result.stderr}`);
      return json<{ title: string }[]>(result)
        .map(({ title }) => title)
        .sort();
    },
    ask: (...statements) =>
      mode === 'server'
        ? askAt(server.port, database, statements)
        : askDirectory(join(dir, '.beads', 'dolt'), database, statements),
  };
}

/** Reads a directory of databases with a server of Dolt's own. */
export async function askDirectory(dataDir: string, database: string, statements: readonly string[]) {
  if (!existsSync(join(dataDir, database, '.dolt'))) throw new Error(`no database ${database} in ${dataDir}`);
  const server = await startBareServer({ dataDir });
  try {
    return await askAt(server.port, database, statements);
  } finally {
    await server.stop();
  }
}

export async function askAt(port: number, database: string, statements: readonly string[]): Promise<RowDataPacket[]> {
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'root', database, dateStrings: true });
  try {
    let rows: RowDataPacket[] = [];
    for (const sql of statements) [rows] = await connection.query<RowDataPacket[]>(sql);
    return rows;
  } finally {
    await connection.end();
  }
}
