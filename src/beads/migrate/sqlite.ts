import { AppError, messageOf } from '../../errors.ts';

export type SqliteValue = number | bigint | string | Uint8Array | null;
export type SqliteRow = Record<string, SqliteValue>;

const CACHE_KIB = 8 * 1024;

/** A SQLite file that is open. It is read without a lock: nobody else may write it. */
export interface SqliteFile {
  /** The tables, in order of their names, each with its columns. */
  readonly tables: ReadonlyMap<string, readonly string[]>;
  rows(sql: string, parameters?: readonly SqliteValue[]): Generator<SqliteRow>;
  /** The first row. */
  row(sql: string, parameters?: readonly SqliteValue[]): SqliteRow | undefined;
  exec(sql: string): void;
  close(): void;
}

/**
 * Opens a SQLite file of our own. SQLite is compiled to WebAssembly here and takes locks that no
 * other SQLite knows, so it must be a copy that nobody else uses: docs/decisions/0080 says more.
 *
 * @throws AppError IO_ERROR when it is no SQLite file, or damaged
 */
export async function openSqlite(path: string, options: { write?: boolean } = {}): Promise<SqliteFile> {
  // Half a megabyte of code and 1.3 of WebAssembly: nothing but a migration loads it.
  const { default: sqlite } = await import('node-sqlite3-wasm');
  return mapped(path, () => {
    const db = new sqlite.Database(path, options.write ? { fileMustExist: true } : { readOnly: true });
    try {
      // Without shared memory a file with a write-ahead log opens in this mode only.
      db.exec('PRAGMA locking_mode = EXCLUSIVE');
      // Rows are read in the order of their ids, which is not the one they are stored in.
      db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
      return wrap(path, db);
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** The part of the package that is used here. */
interface Connection {
  all(sql: string): unknown[];
  exec(sql: string): void;
  prepare(sql: string): {
    iterate(values?: SqliteValue[]): IterableIterator<unknown>;
    finalize(): void;
  };
  close(): void;
}

function wrap(path: string, db: Connection): SqliteFile {
  function* rows(sql: string, parameters: readonly SqliteValue[] = []): Generator<SqliteRow> {
    const statement = mapped(path, () => db.prepare(sql));
    try {
      const found = statement.iterate([...parameters]);
      for (;;) {
        const next = mapped(path, () => found.next());
        if (next.done) return;
        yield next.value as SqliteRow;
      }
    } finally {
      statement.finalize();
    }
  }
  const row = (sql: string, parameters?: readonly SqliteValue[]) => {
    const found = rows(sql, parameters);
    try {
      const next = found.next();
      return next.done ? undefined : next.value;
    } finally {
      found.return(undefined);
    }
  };
  const names = db.all(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
  );
  const tables = new Map<string, readonly string[]>();
  for (const name of names.map(nameOf)) {
    tables.set(name, db.all(`PRAGMA table_info(${quoted(name)})`).map(nameOf));
  }
  return { tables, rows, row, exec: (sql) => mapped(path, () => db.exec(sql)), close: () => db.close() };
}

/** A name in a statement of SQLite. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function nameOf(row: unknown): string {
  return typeof row === 'object' && row !== null && 'name' in row ? String(row.name) : '';
}

function mapped<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof AppError) throw error;
    const message = messageOf(error);
    const what = /not a database/i.test(message) ? 'is not a SQLite database' : `cannot be read as SQLite: ${message}`;
    throw new AppError('IO_ERROR', `${path} ${what}`, {
      hint: 'restore it from a backup, or repair it with: sqlite3 FILE .recover',
      cause: error,
    });
  }
}
