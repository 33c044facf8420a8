import type { Queryable } from '../../database/types.ts';
import { counted, fine, listed } from '../../util/diagnosis.ts';
import { write } from '../write/write.ts';
import { issuePrefix } from './database-checks.ts';
import type { DatabaseCheck } from './subject.ts';

/** Tables whose rows belong to an issue; those of wisps have no foreign key that would keep them in order. */
const PARTS = ['dependencies', 'labels', 'comments', 'events'] as const;
const OWNERS = [
  { prefix: '', issues: 'issues' },
  { prefix: 'wisp_', issues: 'wisps' },
] as const;

const orphanedRows: DatabaseCheck = {
  name: 'Orphaned Rows',
  category: 'Issues',
  async examine({ db }) {
    const orphans = await countOrphans(db);
    if (orphans.length === 0) return fine('every label, comment, event and dependency belongs to an issue');
    const total = orphans.reduce((sum, { rows }) => sum + rows, 0);
    return {
      status: 'warning',
      message: `${counted(total, 'row')} of issues that are not there`,
      detail: listed(orphans.map(({ table, rows }) => `${table}: ${rows}`)),
      fix: 'bd doctor --fix   removes them, after a backup',
      mend: {
        changes: 'database',
        run: (beads) =>
          write(beads, 'doctor', async (w) => {
            const removed: string[] = [];
            for (const { table, issues } of await countOrphans(w.tx)) {
              const rows = await w.tx.execute(`DELETE FROM ${table} WHERE issue_id NOT IN (SELECT id FROM ${issues})`);
              w.changed(table);
              removed.push(`${rows} of ${table}`);
            }
            w.did('doctor: remove orphaned rows', removed.join(', '));
            return `removed ${removed.join(', ')}`;
          }),
      },
    };
  },
};

async function countOrphans(db: Queryable): Promise<{ table: string; issues: string; rows: number }[]> {
  const counts: { table: string; issues: string; rows: number }[] = [];
  for (const { prefix, issues } of OWNERS) {
    for (const part of PARTS) {
      const table = `${prefix}${part}`;
      const [row] = await db.query(
        `SELECT COUNT(*) AS n FROM ${table} WHERE issue_id NOT IN (SELECT id FROM ${issues})`,
      );
      counts.push({ table, issues, rows: Number(row?.['n'] ?? 0) });
    }
  }
  return counts.filter(({ rows }) => rows > 0);
}

const danglingEdges: DatabaseCheck = {
  name: 'Dependencies',
  category: 'Issues',
  async examine({ db }) {
    const prefix = await issuePrefix(db);
    const edges = await findDangling(db, prefix);
    if (edges.length === 0) return fine('every dependency leads to an issue');
    return {
      status: 'warning',
      message: `${counted(edges.length, 'dependency', 'dependencies')} on issues that are not there`,
      detail: listed(edges.map(({ from, to, type }) => `${from} -> ${to} (${type})`)),
      fix: `bd dep remove ${edges[0]?.from} ${edges[0]?.to}; or all of them: bd doctor --fix`,
      mend: {
        changes: 'database',
        run: (beads) =>
          write(beads, 'doctor', async (w) => {
            const gone = await findDangling(w.tx, prefix);
            for (const { from, to } of gone) {
              await w.tx.execute('DELETE FROM dependencies WHERE issue_id = ? AND depends_on_id = ?', [from, to]);
            }
            w.changed('dependencies');
            w.did('doctor: remove dangling dependencies', ...gone.map(({ from, to }) => `${from} -> ${to}`));
            return `removed ${gone.map(({ from, to }) => `${from} -> ${to}`).join(', ')}`;
          }),
      },
    };
  },
};

/**
 * Edges on ids of this project that no issue has. Ids of other projects and `external:…` may be
 * anywhere, and wisps are another clone's to know.
 */
async function findDangling(db: Queryable, prefix: string): Promise<{ from: string; to: string; type: string }[]> {
  const rows = await db.query(
    `SELECT issue_id, depends_on_id, type FROM dependencies
     WHERE SUBSTRING(depends_on_id, 1, ?) = ? AND SUBSTRING(depends_on_id, 1, ?) <> ?
     AND depends_on_id NOT IN (SELECT id FROM issues) AND depends_on_id NOT IN (SELECT id FROM wisps)
     ORDER BY issue_id, depends_on_id`,
    [prefix.length + 1, `${prefix}-`, prefix.length + 6, `${prefix}-wisp-`],
  );
  return rows.map((row) => ({
    from: String(row['issue_id']),
    to: String(row['depends_on_id']),
    type: String(row['type']),
  }));
}

const counters: DatabaseCheck = {
  name: 'Child Counters',
  category: 'Issues',
  async examine({ db }) {
    const behind = await findBehind(db);
    if (behind.length === 0) return fine('new children get numbers that no child has');
    return {
      status: 'warning',
      message: `${counted(behind.length, 'counter')} of children behind the children that there are`,
      detail: listed(behind.map(({ parent, counted: from, last }) => `${parent}: ${from}, its last child is ${last}`)),
      fix: 'bd doctor --fix',
      mend: {
        changes: 'database',
        run: (beads) =>
          write(beads, 'doctor', async (w) => {
            const raised = await findBehind(w.tx);
            for (const { parent, last } of raised) {
              await w.tx.execute('UPDATE child_counters SET last_child = ? WHERE parent_id = ?', [last, parent]);
            }
            w.changed('child_counters');
            w.did('doctor: raise child counters', ...raised.map(({ parent }) => parent));
            return `raised ${raised.map(({ parent, last }) => `${parent} to ${last}`).join(', ')}`;
          }),
      },
    };
  },
};

async function findBehind(db: Queryable): Promise<{ parent: string; counted: number; last: number }[]> {
  const rows = await db.query(
    `SELECT c.parent_id AS parent, c.last_child AS counted, k.last AS last FROM child_counters c
     JOIN (SELECT REGEXP_REPLACE(id, '[.][0-9]+$', '') AS parent,
                  MAX(CAST(SUBSTRING_INDEX(id, '.', -1) AS UNSIGNED)) AS last
           FROM issues WHERE id REGEXP '[.][0-9]+$' GROUP BY REGEXP_REPLACE(id, '[.][0-9]+$', '')) k
       ON k.parent = c.parent_id
     WHERE k.last > c.last_child ORDER BY c.parent_id`,
  );
  return rows.map((row) => ({
    parent: String(row['parent']),
    counted: Number(row['counted']),
    last: Number(row['last']),
  }));
}

const closedTimes: DatabaseCheck = {
  name: 'Closed Issues',
  category: 'Issues',
  async examine({ db }) {
    const rows = await db.query("SELECT id FROM issues WHERE status = 'closed' AND closed_at IS NULL ORDER BY id");
    if (rows.length === 0) return fine('every closed issue says when it was closed');
    return {
      status: 'warning',
      message: `${counted(rows.length, 'closed issue')} without the time of closing`,
      detail: listed(rows.map((row) => String(row['id']))),
      fix: 'bd doctor --fix   takes the time of the last change',
      mend: {
        changes: 'database',
        run: (beads) =>
          write(beads, 'doctor', async (w) => {
            const changed = await w.tx.execute(
              "UPDATE issues SET closed_at = updated_at, updated_at = updated_at WHERE status = 'closed' AND closed_at IS NULL",
            );
            w.changed('issues');
            w.did('doctor: time of closing', `of ${counted(changed, 'issue')}`);
            return `set for ${counted(changed, 'issue')}`;
          }),
      },
    };
  },
};

/** What can be told, and mended, row by row. */
export const ROW_CHECKS: readonly DatabaseCheck[] = [orphanedRows, danglingEdges, counters, closedTimes];
