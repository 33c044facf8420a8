import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { startBareServer } from '../../helpers/bare-server.ts';

export type OracleRow = Readonly<Record<string, unknown>>;

/** Asks a database with a plain MySQL client, NULL as null, times and JSON as text. */
export async function askServer(port: number, database: string, ...statements: string[]): Promise<OracleRow[][]> {
  const connection = await createConnection({
    host: '127.0.0.1',
    port,
    user: 'root',
    database,
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    jsonStrings: true,
  });
  try {
    const answers: OracleRow[][] = [];
    for (const sql of statements) answers.push((await connection.query<RowDataPacket[]>(sql))[0]);
    return answers;
  } finally {
    await connection.end();
  }
}

/** The same for the embedded database of a workspace: a server of Dolt's own reads its directory. */
export async function askEmbedded(beadsDir: string, database: string, ...statements: string[]): Promise<OracleRow[][]> {
  const server = await startBareServer({ dataDir: join(beadsDir, 'dolt') });
  try {
    return await askServer(server.port, database, ...statements);
  } finally {
    await server.stop();
  }
}
