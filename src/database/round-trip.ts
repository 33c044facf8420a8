import { formatSql } from './sql-text.ts';
import type { Queryable, Row } from './types.ts';

/**
 * Sends the statements that `ask` makes before it waits for the first of them in one round trip, where
 * the driver can. Only for statements that read: when one of them fails, all are asked again, one by
 * one, so that each has its own answer.
 *
 * @example
 * const [labels, comments] = await inOneTrip(db, (trip) =>
 *   Promise.all([readLabels(trip, layers, ids), readComments(trip, layers, ids)]));
 */
export async function inOneTrip<D extends Queryable, T>(db: D, ask: (trip: D) => Promise<T>): Promise<T> {
  if (!db.queryAll) return ask(db);
  const asked: Asked[] = [];
  let gathering = true;
  const query: Queryable['query'] = (sql, parameters) => {
    if (!gathering) return db.query(sql, parameters);
    const text = formatSql(sql, parameters);
    // Rows are what the caller says they are: types.ts describes their values.
    return new Promise((resolve, reject) => asked.push({ text, resolve: (rows) => resolve(rows as never[]), reject }));
  };
  const trip = {
    ...db,
    query,
    // Without it, what `ask` would send in a trip of its own becomes part of this one.
    get queryAll() {
      return gathering ? undefined : db.queryAll;
    },
  };
  const answer = ask(trip);
  gathering = false;
  void send(db, asked);
  return answer;
}

interface Asked {
  readonly text: string;
  resolve(rows: Row[]): void;
  reject(error: unknown): void;
}

async function send(db: Queryable, asked: readonly Asked[]): Promise<void> {
  const results =
    asked.length > 1 ? await db.queryAll?.(asked.map(({ text }) => text)).catch(() => undefined) : undefined;
  for (const [index, each] of asked.entries()) {
    if (results) each.resolve(results[index] ?? []);
    else await db.query(each.text).then(each.resolve, each.reject);
  }
}
