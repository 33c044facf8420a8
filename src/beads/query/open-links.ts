import type { BeadsContext } from '../context.ts';
import { compareIds } from '../ids/compare.ts';
import { BLOCKING_TYPES } from '../vocabulary.ts';
import { active } from './blocking.ts';
import { readLayers } from './layers.ts';
import { idTable, inList, raw, run, sql } from './sql.ts';

/** What holds an issue back now, and what it holds back now: ids, sorted. */
export interface OpenLinks {
  readonly blockedBy: readonly string[];
  readonly blocks: readonly string[];
}

/** The blocking dependencies of these issues whose both ends are active, by id. */
export async function readOpenLinks(ctx: BeadsContext, ids: readonly string[]): Promise<Map<string, OpenLinks>> {
  const links = new Map(ids.map((id) => [id, { blockedBy: [] as string[], blocks: [] as string[] }]));
  if (ids.length === 0) return links;
  const layers = await readLayers(ctx.db);
  for (const near of ['issue_id', 'depends_on_id'] as const) {
    for (const own of layers) {
      for (const target of layers) {
        const rows = await run(
          ctx.db,
          sql`SELECT d.issue_id, d.depends_on_id FROM ${idTable(ids)} wanted
            JOIN ${raw(own.dependencies)} d ON d.${raw(near)} = wanted.id AND d.type IN ${inList(BLOCKING_TYPES)}
            JOIN ${raw(own.issues)} s ON s.id = d.issue_id AND ${active('s')}
            JOIN ${raw(target.issues)} t ON t.id = d.depends_on_id AND ${active('t')}`,
        );
        for (const row of rows) {
          const [from, to] = [String(row['issue_id']), String(row['depends_on_id'])];
          if (near === 'issue_id') links.get(from)?.blockedBy.push(to);
          else links.get(to)?.blocks.push(from);
        }
      }
    }
  }
  for (const { blockedBy, blocks } of links.values()) {
    blockedBy.sort(compareIds);
    blocks.sort(compareIds);
  }
  return links;
}
