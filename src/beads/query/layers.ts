import type { Queryable } from '../../database/types.ts';

/** The tables that hold one kind of issues: those in Dolt's history, or the wisps of this clone. */
export interface Layer {
  readonly issues: string;
  readonly dependencies: string;
  readonly labels: string;
  readonly comments: string;
  readonly events: string;
}

export const VERSIONED: Layer = {
  issues: 'issues',
  dependencies: 'dependencies',
  labels: 'labels',
  comments: 'comments',
  events: 'events',
};

export const WISPS: Layer = {
  issues: 'wisps',
  dependencies: 'wisp_dependencies',
  labels: 'wisp_labels',
  comments: 'wisp_comments',
  events: 'wisp_events',
};

/**
 * The layers that hold anything. Wisps lie over the issues: an id in `wisps` has its labels,
 * dependencies and comments in the tables `wisp_…`. Most databases have none, and then a reader
 * pays this one statement for them; a fresh clone lacks the tables altogether.
 */
export async function readLayers(db: Queryable): Promise<readonly Layer[]> {
  const rows = await db.query(
    "SELECT table_name AS name, table_rows AS row_count FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name LIKE 'wisp%'",
  );
  const counts = new Map(rows.map((row) => [String(row['name']), Number(row['row_count'] ?? 0)]));
  const complete = Object.values(WISPS).every((table) => counts.has(table));
  return complete && (counts.get('wisps') ?? 0) > 0 ? [VERSIONED, WISPS] : [VERSIONED];
}
