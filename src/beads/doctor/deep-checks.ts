import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../../errors.ts';
import { counted, type Examined, type Finding, findingOf, fine, listed } from '../../util/diagnosis.ts';
import { BUILT_IN_STATUSES, BUILT_IN_TYPES, INFRA_TYPES, NOT_WORK_TYPES } from '../vocabulary.ts';
import type { EmbeddedTarget } from '../workspace/endpoint.ts';
import { doltHome } from '../workspace/user-cache.ts';
import { federation } from './federation-check.ts';
import { INTEGRITY_CHECKS } from './integrity-checks.ts';
import type { DatabaseCheck, Mend } from './subject.ts';

const FSCK_TIMEOUT_MS = 600_000;

const constraints: DatabaseCheck = {
  name: 'Constraints',
  category: 'Deep',
  async examine({ db }) {
    const [row] = await db.query("CALL DOLT_VERIFY_CONSTRAINTS('--all', '--output-only')");
    if (Number(row?.['violations'] ?? 0) === 0) return fine('every row keeps the constraints of its table');
    const stored = await db.query('SELECT `table` AS name, num_violations AS n FROM dolt_constraint_violations');
    return {
      status: 'error',
      message: 'rows break the constraints of their tables',
      detail: listed(stored.map((each) => `${each['name']}: ${each['n']}`)) || 'foreign keys or unique keys',
      fix: 'bd doctor --fix   removes rows of issues that are not there; bd vc merge --strategy   ends a merge',
    };
  },
};

const values: DatabaseCheck = {
  name: 'Values',
  category: 'Deep',
  async examine({ db, location }) {
    const rows = await db.query("SELECT `key`, value FROM config WHERE `key` IN ('types.custom', 'types.infra')");
    const custom = [...rows.map((row) => String(row['value'] ?? '')), location.settings.value('types.custom') ?? ''];
    const types = [...BUILT_IN_TYPES, ...INFRA_TYPES, ...NOT_WORK_TYPES, ...custom.join(',').split(',')];
    const own = (await db.query('SELECT name FROM custom_statuses')).map((row) => String(row['name']));
    const named = (await db.query('SELECT name FROM custom_types')).map((row) => String(row['name']));
    const statuses = [...BUILT_IN_STATUSES.map(({ name }) => name), ...own];
    const allowed = [...types, ...named].map((name) => name.trim());
    const wrong = await db.query(
      `SELECT id, status, priority, issue_type, title = '' AS untitled FROM issues
       WHERE title = '' OR priority NOT BETWEEN 0 AND 4
       OR status NOT IN (${statuses.map(() => '?').join(', ')}) OR issue_type NOT IN (${allowed.map(() => '?').join(', ')})
       ORDER BY id`,
      [...statuses, ...allowed],
    );
    if (wrong.length === 0) return fine('titles, statuses, types and priorities are ones that bd knows');
    const words = wrong.map(
      (row) =>
        `${row['id']}: ${Number(row['untitled']) === 1 ? 'no title, ' : ''}${row['status']}, ${row['issue_type']}, P${row['priority']}`,
    );
    return {
      status: 'warning',
      message: `${counted(wrong.length, 'issue')} with a status, type or priority that bd does not know, or no title`,
      detail: listed(words),
      fix: `bd update ${wrong[0]?.['id']} --status open --type task --priority 2   sets the ones that are wrong`,
    };
  },
};

const twice: DatabaseCheck = {
  name: 'Ids',
  category: 'Deep',
  async examine({ db }) {
    const rows = await db.query('SELECT id FROM wisps WHERE id IN (SELECT id FROM issues) ORDER BY id');
    if (rows.length === 0) return fine('no issue is a wisp at the same time');
    return {
      status: 'error',
      message: `${counted(rows.length, 'id')} of both an issue and a wisp, which hides the issue`,
      detail: listed(rows.map((row) => String(row['id']))),
      fix: `compare them, then remove the wisp: bd sql "DELETE FROM wisps WHERE id = '${rows[0]?.['id']}'"`,
    };
  },
};

/** Dolt's own check of every chunk. A running server keeps its files to itself. */
const storage: DatabaseCheck = {
  name: 'Storage',
  category: 'Deep',
  async examine({ target, findDolt }) {
    if (target.mode === 'server') return fine('files of a server are its own: gt dolt doctor --deep checks them');
    return examineFiles(target, findDolt);
  },
};

/** What Dolt says of the files of a database, also of one that does not open. */
export async function examineStorage(target: EmbeddedTarget, findDolt: () => Promise<string>): Promise<Examined<Mend>> {
  const { name, category } = storage;
  return { name, category, ...(await examineFiles(target, findDolt).catch(findingOf)) };
}

async function examineFiles({ dataDir, database }: EmbeddedTarget, findDolt: () => Promise<string>): Promise<Finding> {
  const cwd = join(dataDir, database);
  const env = { ...process.env, DOLT_ROOT_PATH: doltHome(process.env), DOLT_DISABLE_EVENT_FLUSH: 'true' };
  const doltBin = await findDolt();
  try {
    const { stdout } = await promisify(execFile)(doltBin, ['fsck', '--quiet'], { cwd, env, timeout: FSCK_TIMEOUT_MS });
    if (/No problems found/.test(stdout)) return fine('Dolt finds every chunk whole');
    return { status: 'error', message: DAMAGED, detail: stdout.trim(), fix: REBUILD };
  } catch (error) {
    return { status: 'error', message: DAMAGED, detail: outputOf(error), fix: REBUILD };
  }
}

const DAMAGED = 'Dolt finds damage in the files';
const REBUILD = 'restore a backup (bd restore), or keep the directory aside and take the data from the remote again';

function outputOf(error: unknown): string {
  const { stdout, stderr } = error as { stdout?: string; stderr?: string };
  return `${stdout ?? ''}${stderr ?? ''}`.trim() || messageOf(error);
}

/** `--deep`: content against constraints, and Dolt's own verification. */
export const DEEP_CHECKS: readonly DatabaseCheck[] = [
  constraints,
  values,
  twice,
  ...INTEGRITY_CHECKS,
  storage,
  federation,
];
