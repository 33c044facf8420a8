import { INSERT_COLUMNS } from '../issue-insert.ts';
import type { Found } from '../lookup.ts';
import { tablesOf } from '../tables.ts';
import type { Writing } from '../write/record.ts';

const DEPENDENCY_COLUMNS = 'issue_id, depends_on_id, type, created_at, created_by, metadata, thread_id';
const EVENT_COLUMNS = 'id, issue_id, event_type, actor, old_value, new_value, comment, created_at';
const COMMENT_COLUMNS = 'id, issue_id, author, text, created_at';

/**
 * Moves an issue with its labels, dependencies, events and comments between `issues` and `wisps`.
 * Its id stays, so what points to it still does.
 */
export async function moveIssue(w: Writing, found: Found, wisp: boolean): Promise<Found> {
  if (found.wisp === wisp) return found;
  const from = tablesOf(found.wisp);
  const to = tablesOf(wisp);
  const { id } = found;
  const columns = INSERT_COLUMNS.join(', ');
  await w.tx.execute(`INSERT INTO ${to.issues} (${columns}) SELECT ${columns} FROM ${from.issues} WHERE id = ?`, [id]);
  const parts = [
    [from.labels, to.labels, 'issue_id, label'],
    [from.dependencies, to.dependencies, DEPENDENCY_COLUMNS],
    [from.events, to.events, EVENT_COLUMNS],
    [from.comments, to.comments, COMMENT_COLUMNS],
  ] as const;
  for (const [source, target, names] of parts) {
    const copy = `INSERT INTO ${target} (${names}) SELECT ${names} FROM ${source} WHERE issue_id = ?`;
    if ((await w.tx.execute(copy, [id])) === 0) continue;
    await w.tx.execute(`DELETE FROM ${source} WHERE issue_id = ?`, [id]);
    w.changed(source, target);
  }
  await w.tx.execute(`DELETE FROM ${from.issues} WHERE id = ?`, [id]);
  w.changed(from.issues, to.issues);
  w.moveEvents(id, wisp);
  return { ...found, wisp };
}
