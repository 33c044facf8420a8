import { counted, fine, listed } from '../../util/diagnosis.ts';
import { issuePrefix } from './database-checks.ts';
import type { DatabaseCheck } from './subject.ts';

const epics: DatabaseCheck = {
  name: 'Epics',
  category: 'Deep',
  async examine({ db }) {
    // A child of another layer could be open still, so an epic with wisps under it is left alone.
    const rows = await db.query(
      `SELECT e.id FROM issues e
       JOIN (SELECT d.depends_on_id AS id, SUM(c.status <> 'closed') AS unfinished FROM dependencies d
             JOIN issues c ON c.id = d.issue_id WHERE d.type = 'parent-child' GROUP BY d.depends_on_id) k
         ON k.id = e.id AND k.unfinished = 0
       WHERE e.issue_type = 'epic' AND e.status <> 'closed' AND e.is_template = 0
       AND e.id NOT IN (SELECT depends_on_id FROM wisp_dependencies WHERE type = 'parent-child')
       ORDER BY e.id`,
    );
    if (rows.length === 0) return fine('no open epic has only closed children');
    return {
      status: 'warning',
      message: `${counted(rows.length, 'open epic')} with closed children only`,
      detail: listed(rows.map((row) => String(row['id']))),
      fix: `bd close ${rows[0]?.['id']}   when nothing else is to be done in it`,
    };
  },
};

const threads: DatabaseCheck = {
  name: 'Threads',
  category: 'Deep',
  async examine({ db }) {
    const prefix = await issuePrefix(db);
    // Threads may begin in other projects, and in wisps, which are another clone's to know.
    const rows = await db.query(
      `SELECT issue_id AS id, thread_id AS thread FROM dependencies
       WHERE SUBSTRING(thread_id, 1, ?) = ? AND SUBSTRING(thread_id, 1, ?) <> ?
       AND thread_id NOT IN (SELECT id FROM issues) AND thread_id NOT IN (SELECT id FROM wisps)
       ORDER BY issue_id, thread_id`,
      [prefix.length + 1, `${prefix}-`, prefix.length + 6, `${prefix}-wisp-`],
    );
    if (rows.length === 0) return fine('every thread of messages begins with an issue that is there');
    return {
      status: 'warning',
      message: `${counted(rows.length, 'reply', 'replies')} in threads whose first message is not there`,
      detail: listed(rows.map((row) => `${row['id']}: ${row['thread']}`)),
      fix: 'a backup may have them: bd restore',
    };
  },
};

/** `--deep`: what the issues say of each other. */
export const INTEGRITY_CHECKS: readonly DatabaseCheck[] = [epics, threads];
