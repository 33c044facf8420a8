import { inOneTrip } from '../../database/round-trip.ts';
import type { Queryable } from '../../database/types.ts';
import { compareIds } from '../ids/compare.ts';
import type { Issue } from '../issue.ts';
import { decodeIssue, issueColumns } from '../issue-row.ts';
import type { Layer } from './layers.ts';
import { type Direction, LOOKED_UP, type Neighbour, readNeighbours } from './related.ts';
import { idTable, raw, run, type Sql, sql } from './sql.ts';

export type { Direction } from './related.ts';

/** An issue at the other end of a dependency, and the kind of the dependency. */
export interface LinkedIssue extends Issue {
  dependency_type: string;
}

/** The issues that some are linked with, by the ids of these, and sorted by their own. */
export type Links = Map<string, LinkedIssue[]>;

/**
 * The issues at the other end of the dependencies of these. Targets that are missing or external
 * have no issue and are left out.
 */
export async function readLinks(
  db: Queryable,
  layers: readonly Layer[],
  ids: readonly string[],
  direction: Direction,
): Promise<Links> {
  const neighbours = await readNeighbours(db, layers, ids, direction);
  return linksOf(ids, neighbours, await readFar(db, layers, neighbours));
}

/** The issues at the far ends, by id; no neighbours are no question. */
export async function readFar(
  db: Queryable,
  layers: readonly Layer[],
  neighbours: readonly Neighbour[],
): Promise<ReadonlyMap<string, Issue>> {
  const ids = [...new Set(neighbours.map(({ far }) => far))].sort();
  const statements: Sql[] = [];
  for (let at = 0; at < ids.length; at += LOOKED_UP) {
    const wanted = idTable(ids.slice(at, at + LOOKED_UP));
    for (const { issues } of layers) {
      statements.push(
        sql`SELECT ${raw(issueColumns('t'))} FROM ${wanted} wanted JOIN ${raw(issues)} t ON t.id = wanted.id`,
      );
    }
  }
  const answers = await inOneTrip(db, (trip) => Promise.all(statements.map((statement) => run(trip, statement))));
  return new Map(answers.flat().map((row) => [String(row['id']), decodeIssue(row)]));
}

/** The links of all these issues. @param far the issues at the far ends, as `readFar` reads them */
export function linksOf(
  ids: readonly string[],
  neighbours: readonly Neighbour[],
  far: ReadonlyMap<string, Issue>,
): Links {
  const links = new Map<string, LinkedIssue[]>(ids.map((id) => [id, []]));
  for (const neighbour of neighbours) {
    const issue = far.get(neighbour.far);
    if (issue) links.get(neighbour.near)?.push({ ...issue, dependency_type: neighbour.type });
  }
  for (const list of links.values()) list.sort((a, b) => compareIds(a.id, b.id));
  return links;
}
