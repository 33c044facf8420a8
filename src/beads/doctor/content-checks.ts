import { counted, fine, listed } from '../../util/diagnosis.ts';
import { dependencyCycles } from '../query/cycles.ts';
import type { DatabaseCheck } from './subject.ts';

const cycles: DatabaseCheck = {
  name: 'Cycles',
  category: 'Issues',
  async examine({ db }) {
    const found = await dependencyCycles({ db });
    if (found.length === 0) return fine('no issues wait for each other in a circle');
    const [first] = found;
    const [from, to] = (first ?? []).map(({ id }) => id);
    return {
      status: 'warning',
      message: `${counted(found.length, 'circle')} of issues that wait for each other: none of them can become ready`,
      detail: listed(found.map((cycle) => [...cycle, cycle[0]].map((issue) => issue?.id).join(' -> '))),
      fix: `take out one edge of each: bd dep remove ${from} ${to ?? from}`,
    };
  },
};

const duplicates: DatabaseCheck = {
  name: 'Duplicates',
  category: 'Issues',
  async examine({ db }) {
    const rows = await db.query(
      `SELECT GROUP_CONCAT(id ORDER BY created_at, id) AS ids, title FROM issues
       WHERE status <> 'closed' GROUP BY title, SHA2(description, 256) HAVING COUNT(*) > 1 ORDER BY title`,
    );
    if (rows.length === 0) return fine('no two open issues have the same title and description');
    const groups = rows.map((row) => String(row['ids']).split(','));
    const [[stays, other] = []] = groups;
    return {
      status: 'warning',
      message: `${counted(groups.length, 'group')} of open issues with the same title and description`,
      detail: listed(rows.map((row, index) => `${groups[index]?.join(', ')}: ${row['title']}`)),
      fix: `bd duplicate ${other} --of ${stays}`,
    };
  },
};

const orphanedChildren: DatabaseCheck = {
  name: 'Parents',
  category: 'Issues',
  async examine({ db }) {
    const rows = await db.query(
      `SELECT id FROM issues WHERE id REGEXP '[.][0-9]+$'
       AND REGEXP_REPLACE(id, '[.][0-9]+$', '') NOT IN (SELECT id FROM issues)
       AND REGEXP_REPLACE(id, '[.][0-9]+$', '') NOT IN (SELECT id FROM wisps) ORDER BY id`,
    );
    const several = await db.query(
      "SELECT issue_id AS id, COUNT(*) AS n FROM dependencies WHERE type = 'parent-child' GROUP BY issue_id HAVING COUNT(*) > 1 ORDER BY issue_id",
    );
    if (rows.length + several.length === 0) return fine('every child has one parent, which is there');
    const orphans = rows.map((row) => `${row['id']}: its parent is not there`);
    const shared = several.map((row) => `${row['id']}: has ${row['n']} parents`);
    const [orphan, shares] = [rows[0]?.['id'], several[0]?.['id']];
    return {
      status: 'warning',
      message: `${counted(rows.length + several.length, 'child', 'children')} without a parent, or with several`,
      detail: listed([...orphans, ...shared]),
      fix: orphan ? `give it another parent: bd update ${orphan} --parent ID` : `bd dep list ${shares}`,
    };
  },
};

const uncommitted: DatabaseCheck = {
  name: 'Uncommitted Changes',
  category: 'History',
  async examine({ db, target, location }) {
    const rows = await db.query('SELECT DISTINCT table_name AS name FROM dolt_status');
    if (rows.length === 0) return fine('everything is in Dolt’s history');
    const tables = rows.map((row) => String(row['name']));
    const setting = location.settings.value('dolt.auto-commit');
    const automatic = setting === undefined ? target.mode === 'embedded' : ['on', 'true', '1'].includes(setting);
    const message = `changes in ${counted(tables.length, 'table')} are not in Dolt’s history yet: ${tables.join(', ')}`;
    if (!automatic) return fine(`${message}; auto-commit is off`);
    return { status: 'warning', message, fix: 'bd vc status   shows them; bd vc commit -m MESSAGE   commits them' };
  },
};

/** What the issues say of each other, for people to decide about. */
export const CONTENT_CHECKS: readonly DatabaseCheck[] = [cycles, duplicates, orphanedChildren, uncommitted];
