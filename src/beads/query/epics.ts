import type { BeadsContext } from '../context.ts';
import type { Issue } from '../issue.ts';
import { decodeIssue } from '../issue-row.ts';
import { readLayers } from './layers.ts';
import { readPage } from './page.ts';
import { idTable, raw, run, sql } from './sql.ts';

/** How far an epic is. */
export interface EpicStatus {
  epic: Issue;
  total_children: number;
  closed_children: number;
  /** It has children, and all are closed. */
  eligible_for_close: boolean;
}

/**
 * The epics that are not closed and how many of their children are, by priority.
 *
 * @param options `eligibleOnly`: only those that can be closed
 */
export async function epicStatuses(ctx: BeadsContext, options: { eligibleOnly?: boolean } = {}): Promise<EpicStatus[]> {
  const layers = await readLayers(ctx.db);
  const { rows } = await readPage(ctx.db, layers, {
    filter: { types: ['epic'], excludeStatuses: ['closed'], templates: false },
    sort: 'priority',
    limit: 0,
    now: ctx.now(),
  });
  const epics = rows.map(({ row }) => decodeIssue(row));
  const children = new Map<string, { total: number; closed: number }>();
  for (const layer of epics.length > 0 ? layers : []) {
    const counts = await run(
      ctx.db,
      sql`SELECT c.depends_on_id AS id, COUNT(*) AS total, SUM(k.status = 'closed') AS closed
        FROM ${idTable(epics.map(({ id }) => id))} wanted
        JOIN ${raw(layer.dependencies)} c ON c.depends_on_id = wanted.id AND c.type = 'parent-child'
        JOIN ${raw(layer.issues)} k ON k.id = c.issue_id
        GROUP BY c.depends_on_id`,
    );
    for (const row of counts) {
      const sum = children.get(String(row['id'])) ?? { total: 0, closed: 0 };
      children.set(String(row['id']), {
        total: sum.total + Number(row['total']),
        closed: sum.closed + Number(row['closed']),
      });
    }
  }
  return epics
    .map((epic) => {
      const { total, closed } = children.get(epic.id) ?? { total: 0, closed: 0 };
      const eligible = total > 0 && closed === total;
      return { epic, total_children: total, closed_children: closed, eligible_for_close: eligible };
    })
    .filter((status) => status.eligible_for_close || !options.eligibleOnly);
}
