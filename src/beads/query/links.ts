import { inOneTrip } from '../../database/round-trip.ts';
import type { Queryable } from '../../database/types.ts';
import { compareIds } from '../ids/compare.ts';
import type { Issue } from '../issue.ts';
import { decodeIssue, issueColumns } from '../issue-row.ts';
import type { Layer } from './layers.ts';
import { idTable, raw, run, sql } from './sql.ts';

/** An issue at the other end of a dependency, and the kind of the dependency. */
export interface LinkedIssue extends Issue {
  dependency_type: string;
}

/** `down`: what an issue depends on. `up`: what depends on it. */
export type Direction = 'down' | 'up';

/**
 * The issues at the other end of the dependencies of these, by id, sorted. Targets that are missing
 * or external have no issue and are left out.
 */
export async function readLinks(
  db: Queryable,
  layers: readonly Layer[],
  ids: Iterable<string>,
  direction: Direction,
): Promise<Map<string, LinkedIssue[]>> {
  const [near, far] = direction === 'down' ? ['issue_id', 'depends_on_id'] : ['depends_on_id', 'issue_id'];
  const wanted = [...ids];
  const links = new Map<string, LinkedIssue[]>(wanted.map((id) => [id, []]));
  if (wanted.length === 0) return links;
  const statements = layers.flatMap((own) =>
    (direction === 'down' ? layers : [own]).map(
      (other) => sql`SELECT wanted.id AS near_id, d.type AS dependency_type, ${raw(issueColumns('t'))}
        FROM ${idTable(wanted)} wanted
        JOIN ${raw(own.dependencies)} d ON d.${raw(near)} = wanted.id
        JOIN ${raw(other.issues)} t ON t.id = d.${raw(far)}`,
    ),
  );
  const answers = await inOneTrip(db, (trip) => Promise.all(statements.map((statement) => run(trip, statement))));
  for (const row of answers.flat()) {
    links.get(String(row['near_id']))?.push({
      ...decodeIssue(row),
      dependency_type: String(row['dependency_type']),
    });
  }
  for (const list of links.values()) list.sort((a, b) => compareIds(a.id, b.id));
  return links;
}
