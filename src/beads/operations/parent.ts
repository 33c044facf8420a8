import type { IssueRef } from '../ids/resolve.ts';
import { tablesOf } from '../tables.ts';
import type { Writing } from '../write/record.ts';
import { addEdges } from './dependency-edges.ts';

/** Makes an issue the child of `parent` and of no other; undefined: of none. */
export async function setParent(w: Writing, issue: IssueRef, parent: IssueRef | undefined): Promise<void> {
  const { dependencies } = tablesOf(issue.wisp);
  const rows = await w.tx.query(
    `SELECT depends_on_id FROM ${dependencies} WHERE issue_id = ? AND type = 'parent-child'`,
    [issue.id],
  );
  const former = rows.map((row) => String(row['depends_on_id'])).filter((id) => id !== parent?.id);
  if (former.length > 0) {
    await w.tx.execute(
      `DELETE FROM ${dependencies} WHERE issue_id = ? AND type = 'parent-child' AND depends_on_id IN (${former.map(() => '?').join(', ')})`,
      [issue.id, ...former],
    );
    w.changed(dependencies);
    w.did('update', issue.id);
  }
  if (!parent) return;
  const added = await addEdges(w, [{ issue, target: { id: parent.id, issue: parent }, type: 'parent-child' }]);
  if (added.length > 0) w.did('update', issue.id);
}
