import type { BeadsContext } from '../context.ts';
import { resolveId } from '../ids/resolve.ts';
import { tablesOf } from '../tables.ts';
import { readLayers } from './layers.ts';
import { readLabels } from './related.ts';
import { raw, run, sql } from './sql.ts';

export interface LabelCount {
  label: string;
  /** How many issues have it. */
  count: number;
}

/**
 * The labels of one issue, sorted.
 *
 * @param input id, whole or in part
 * @throws AppError NOT_FOUND
 */
export async function labelsOf(ctx: BeadsContext, input: string): Promise<{ id: string; labels: string[] }> {
  const { id, wisp } = await resolveId(ctx.db, input);
  const labels = await readLabels(ctx.db, [tablesOf(wisp)], [id]);
  return { id, labels: labels.get(id) ?? [] };
}

/** Every label and how many issues have it, sorted by label. */
export async function allLabels(ctx: BeadsContext): Promise<LabelCount[]> {
  const counts = new Map<string, number>();
  for (const layer of await readLayers(ctx.db)) {
    const rows = await run(ctx.db, sql`SELECT label, COUNT(*) AS n FROM ${raw(layer.labels)} GROUP BY label`);
    for (const row of rows) {
      const label = String(row['label']);
      counts.set(label, (counts.get(label) ?? 0) + Number(row['n']));
    }
  }
  return [...counts].map(([label, count]) => ({ label, count })).sort((a, b) => (a.label < b.label ? -1 : 1));
}
