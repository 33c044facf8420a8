import type { Queryable } from '../../database/types.ts';
import type { Layer } from './layers.ts';
import { idTable, raw, run, sql } from './sql.ts';

/**
 * The ids of everything under an issue: its children, their children and so on, nearest first. One
 * statement for each level; a circle ends where it closes.
 */
export async function descendantIds(db: Queryable, layers: readonly Layer[], id: string): Promise<string[]> {
  const seen = new Set([id]);
  let level = [id];
  while (level.length > 0) {
    const next: string[] = [];
    for (const layer of layers) {
      const rows = await run(
        db,
        sql`SELECT c.issue_id FROM ${idTable(level)} wanted
          JOIN ${raw(layer.dependencies)} c ON c.depends_on_id = wanted.id AND c.type = 'parent-child'
          ORDER BY c.issue_id`,
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
