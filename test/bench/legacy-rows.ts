import { join } from 'node:path';
import { generateIssues } from '../helpers/generate-issues.ts';
import { type LegacyRow, legacyDatabase, legacyWorkspace } from '../helpers/legacy-sqlite.ts';

/** What an old `bd` wrote as a time. */
const rfc3339 = (time: string | null) => (time === null ? null : `${time.replace(' ', 'T')}Z`);

/**
 * Makes a project whose issues are in SQLite, as an old `bd` left it: the rows of `generateIssues`.
 *
 * @returns how many rows of issues, edges, labels, comments and events it has
 */
export function legacyIssuesIn(directory: string, count: number): number {
  const rows = generateIssues({ count });
  const db = legacyDatabase(join(legacyWorkspace(directory), 'beads.db'), 'last');
  // A call takes only so many arguments.
  const insert = (table: string, found: readonly LegacyRow[]) => {
    for (let at = 0; at < found.length; at += 10_000) db.insert(table, ...found.slice(at, at + 10_000));
  };
  insert(
    'issues',
    rows.issues.map(({ started_at: _, ...issue }): LegacyRow => {
      const { created_at, updated_at, closed_at, defer_until } = issue;
      return {
        ...issue,
        created_at: rfc3339(created_at),
        updated_at: rfc3339(updated_at),
        closed_at: rfc3339(closed_at),
        defer_until: rfc3339(defer_until),
      };
    }),
  );
  const related: [string, readonly object[]][] = [
    ['dependencies', rows.dependencies],
    ['labels', rows.labels],
    ['comments', rows.comments.map(({ id: _, ...comment }) => comment)],
    ['events', rows.events.map(({ id: _, ...event }) => event)],
  ];
  for (const [table, found] of related) insert(table, found as LegacyRow[]);
  db.insert('config', { key: 'issue_prefix', value: 'gen' });
  db.close();
  return rows.issues.length + related.reduce((sum, [, found]) => sum + found.length, 0);
}
