import type { BeadsContext } from '../../src/beads/context.ts';
import { createSchema } from '../../src/beads/schema/create.ts';
import type { Database } from '../../src/database/types.ts';
import { type DriverUnderTest, makeDriver } from '../integration/database/drivers.ts';

/** A fresh database with the schema, open with one of the drivers, and a context to work with it. */
export interface BeadsDatabase {
  readonly db: Database;
  /** A context of this database; fields can be given another value. */
  context(overrides?: Partial<BeadsContext>): BeadsContext;
  /** Port of the server, in server mode. */
  readonly port: number | undefined;
  /** Empties every table of issues. */
  clear(): Promise<void>;
  dispose(): Promise<void>;
}

/** What tests of one file share: made once, in `beforeAll`. */
export async function makeBeadsDatabase(mode: Database['mode']): Promise<BeadsDatabase> {
  const driver = await makeDriver(mode);
  const db = await openWithSchema(driver).catch(async (error: unknown) => {
    await driver.dispose();
    throw error;
  });
  return {
    db,
    port: driver.server?.port,
    context: (overrides) => ({
      db,
      actor: 'alice',
      owner: 'alice@example.com',
      commitAuthor: 'Test <test@example.com>',
      autoCommit: false,
      readonly: false,
      beadsDir: undefined,
      setting: () => undefined,
      now: () => new Date(),
      ...overrides,
    }),
    async clear() {
      const kinds = ['dependencies', 'labels', 'comments', 'events'];
      const tables = [...kinds, ...kinds.map((kind) => `wisp_${kind}`), 'issues', 'wisps', 'child_counters'];
      for (const table of tables) await db.execute(`DELETE FROM ${table}`);
    },
    async dispose() {
      await db.close();
      await driver.dispose();
    },
  };
}

async function openWithSchema(driver: DriverUnderTest): Promise<Database> {
  const db = await driver.open();
  await createSchema(db, { prefix: 'hm', projectId: 'test-project', commitAuthor: 'Test <test@example.com>' });
  return db;
}

/** Inserts rows as they are, in one statement for those with the same columns. No rows, no statement. */
export async function insertObjects(db: Database, table: string, rows: readonly object[]): Promise<void> {
  const groups = new Map<string, object[]>();
  for (const row of rows) {
    const columns = Object.keys(row).join('`, `');
    groups.set(columns, [...(groups.get(columns) ?? []), row]);
  }
  for (const [columns, members] of groups) {
    const places = members
      .map(
        (row) =>
          `(${Object.keys(row)
            .map(() => '?')
            .join(', ')})`,
      )
      .join(', ');
    const values = members.flatMap((row) => Object.values(row));
    await db.execute(`INSERT INTO ${table} (\`${columns}\`) VALUES ${places}`, values);
  }
}
