import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { BeadsContext } from '../../../src/beads/context.ts';
import { createSchema } from '../../../src/beads/schema/create.ts';
import type { Database } from '../../../src/database/types.ts';
import { DATABASE, DRIVERS, type DriverUnderTest, makeDriver } from '../database/drivers.ts';

export { DATABASE, DRIVERS };

/** A database with our schema, open with one of the drivers. */
export interface BeadsUnderTest {
  readonly driver: DriverUnderTest;
  readonly ctx: BeadsContext;
  dispose(): Promise<void>;
}

export async function makeBeads(
  mode: Database['mode'],
  settings: Record<string, string> = {},
): Promise<BeadsUnderTest> {
  const driver = await makeDriver(mode);
  const db = await driver.open();
  await createSchema(db, { prefix: 'hm', projectId: 'project', commitAuthor: 'Test <test@example.com>' });
  return {
    driver,
    ctx: contextOf(db, { setting: (key) => settings[key] }),
    async dispose() {
      await db.close();
      await driver.dispose();
    },
  };
}

export function contextOf(db: Database, overrides: Partial<BeadsContext> = {}): BeadsContext {
  return {
    db,
    actor: 'alice',
    owner: 'alice@example.com',
    commitAuthor: 'Alice <alice@example.com>',
    autoCommit: false,
    readonly: false,
    beadsDir: undefined,
    setting: () => undefined,
    now: () => new Date(),
    ...overrides,
  };
}

/** Asks the server with a plain connection that knows nothing of our drivers. Server mode only. */
export async function ask(beads: BeadsUnderTest, sql: string, values: unknown[] = []): Promise<RowDataPacket[]> {
  const { server } = beads.driver;
  if (!server) throw new Error('only the server driver has a server to ask');
  const connection = await createConnection({
    host: '127.0.0.1',
    port: server.port,
    user: 'root',
    database: DATABASE,
    dateStrings: true,
  });
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql, values);
    return rows;
  } finally {
    await connection.end();
  }
}
