import type { BeadsContext } from '../context.ts';
import { readLayers } from './layers.ts';
import { idTable, raw, run, sql } from './sql.ts';

/** The titles of issues, by whole id. */
export async function readTitles(ctx: BeadsContext, ids: Iterable<string>): Promise<Map<string, string>> {
  const titles = new Map<string, string>();
  const wanted = [...ids];
  if (wanted.length === 0) return titles;
  for (const layer of await readLayers(ctx.db)) {
    const rows = await run(
      ctx.db,
      sql`SELECT i.id, i.title FROM ${idTable(wanted)} wanted JOIN ${raw(layer.issues)} i ON i.id = wanted.id`,
    );
    for (const row of rows) titles.set(String(row['id']), String(row['title']));
  }
  return titles;
}
