import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BeadsContext } from '../../../src/beads/context.ts';
import { ensureLocalTables, readSchemaState } from '../../../src/beads/schema/level.ts';
import { connectServer } from '../../../src/database/server.ts';
import type { Row } from '../../../src/database/types.ts';
import { ask, type BeadsUnderTest, contextOf, DATABASE } from '../beads/beads-under-test.ts';

const runFile = promisify(execFile);

/** Asks without any of our code: a plain connection, or the `dolt` program. */
export async function oracle(beads: BeadsUnderTest, sql: string): Promise<Row[]> {
  if (beads.driver.server) return ask(beads, sql);
  const { stdout } = await dolt(beads, ['sql', '-r', 'json', '-q', sql]);
  return (JSON.parse(stdout || '{}') as { rows?: Row[] }).rows ?? [];
}

/** Hashes of the commits of a branch, newest first, as `dolt log` tells them. */
export async function doltLog(beads: BeadsUnderTest): Promise<{ hash: string; message: string }[]> {
  const { stdout } = await dolt(beads, ['log', '--oneline', '--decorate', 'no']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [hash = '', ...words] = line.split(' ');
      return { hash, message: words.join(' ') };
    });
}

function dolt(beads: BeadsUnderTest, args: readonly string[]) {
  const { directory } = beads.driver;
  return runFile(process.env['GT_DOLT_BIN'] ?? 'dolt', args, {
    cwd: directory,
    env: {
      PATH: process.env['PATH'],
      HOME: join(directory, '..', '..', 'dolt-home'),
      DOLT_DISABLE_EVENT_FLUSH: 'true',
      NO_COLOR: '1',
    },
  });
}

/** Does something on another branch with the library itself, as a clone of the issues would. */
export async function onBranch<T>(
  beads: BeadsUnderTest,
  branch: string,
  work: (ctx: BeadsContext) => Promise<T>,
  overrides: Partial<BeadsContext> = {},
): Promise<T> {
  const database = `${DATABASE}/${branch}`;
  const { server } = beads.driver;
  const db = server
    ? await connectServer({ host: '127.0.0.1', port: server.port, user: 'root', database })
    : await beads.driver.open({ database });
  try {
    // A branch lacks the tables of this clone until somebody opens it.
    await ensureLocalTables(db, (await readSchemaState(db)).missingLocalTables);
    return await work(
      contextOf(db, { actor: 'bob', commitAuthor: 'Bob <bob@example.com>', autoCommit: true, ...overrides }),
    );
  } finally {
    await db.close();
  }
}
