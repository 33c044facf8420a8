import type { Queryable } from '../../database/types.ts';
import type { IssueTables } from '../tables.ts';
import { inList, raw, run, sql } from './sql.ts';

/**
 * The ids of everything under an issue: its children, their children and so on, nearest first. One
 * statement for each level; a circle ends where it closes.
 */
export async function descendantIds(db: Queryable, layers: readonly IssueTables[], id: string): Promise<string[]> {
  const seen = new Set([id]);
  let level = [id];
  while (level.length > 0) {
    const next: string[] = [];
    for (const layer of layers) {
      const rows = await run(
        db,
        sql`SELECT issue_id FROM ${raw(layer.dependencies)}
          WHERE depends_on_id IN ${inList(level)} AND type = 'parent-child' ORDER BY issue_id`,
      );
      for (const row of rows) {
        const child = String(row['issue_id']);
        if (!seen.has(child)) next.push(child);
        seen.add(child);
      }
    }
    level = next;
  }
  seen.delete(id);
  return [...seen];
}
