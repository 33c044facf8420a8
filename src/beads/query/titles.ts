import type { BeadsContext } from '../context.ts';
import { tablesOf } from '../tables.ts';
import { type Layer, readLayers } from './layers.ts';
import { idTable, raw, run, sql } from './sql.ts';

/** The titles of issues, by whole id. */
export async function readTitles(ctx: BeadsContext, ids: ReadonlySet<string>): Promise<Map<string, string>> {
  const titles = new Map<string, string>();
  await readInto(titles, ctx, tablesOf(false), ids);
  const missing = [...ids].filter((id) => !titles.has(id));
  if (missing.length === 0) return titles;
  const [, wisps] = await readLayers(ctx.db);
  if (wisps) await readInto(titles, ctx, wisps, missing);
  return titles;
}

async function readInto(
  titles: Map<string, string>,
  ctx: BeadsContext,
  layer: Layer,
  ids: Iterable<string>,
): Promise<void> {
  const wanted = [...ids];
  if (wanted.length === 0) return;
  const rows = await run(
    ctx.db,
    sql`SELECT i.id, i.title FROM ${idTable(wanted)} wanted JOIN ${raw(layer.issues)} i ON i.id = wanted.id`,
  );
  for (const row of rows) titles.set(String(row['id']), String(row['title']));
}
