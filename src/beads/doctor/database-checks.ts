import { performance } from 'node:perf_hooks';
import { counted, fine, listed } from '../../util/diagnosis.ts';
import { ensureLocalTables, SCHEMA_LEVEL } from '../schema/level.ts';
import { databasePath } from '../workspace/describe.ts';
import { notMigrated } from '../workspace/not-migrated.ts';
import { repositoryIds } from '../workspace/repo-ids.ts';
import type { DatabaseCheck, OpenWorkspace } from './subject.ts';

const answers: DatabaseCheck = {
  name: 'Database',
  category: 'Database',
  async examine({ db, location, target }) {
    const started = performance.now();
    const [row] = await db.query('SELECT COUNT(*) AS n FROM issues');
    const ms = Math.round(performance.now() - started);
    return fine(
      `${counted(Number(row?.['n'] ?? 0), 'issue')} in ${databasePath({ ...location, target })}, counted in ${ms} ms`,
    );
  },
};

const doltVersion: DatabaseCheck = {
  name: 'Dolt Version',
  category: 'Installation',
  async examine({ db, refusalOf }) {
    const [row] = await db.query('SELECT DOLT_VERSION() AS version');
    const text = String(row?.['version'] ?? '');
    const refusal = refusalOf(text);
    if (!refusal) return fine(`Dolt ${text}`);
    return { status: 'error', message: `Dolt ${text} ${refusal}`, fix: 'gt dolt install' };
  },
};

const schema: DatabaseCheck = {
  name: 'Schema',
  category: 'Database',
  async examine({ state, location }) {
    if (state.level === SCHEMA_LEVEL) return fine(`level ${SCHEMA_LEVEL}`);
    const newer = state.level > SCHEMA_LEVEL;
    const older = notMigrated(location)
      ? 'bd migrate --to-dolt'
      : 'an init that did not finish: bd init; an older tool’s: one writing command of the Go bd 1.0.3 raises it';
    return {
      status: 'error',
      message: `level ${state.level}, and this bd knows level ${SCHEMA_LEVEL}`,
      fix: newer ? 'update this program; until then it can read: add --readonly' : older,
    };
  },
};

const localTables: DatabaseCheck = {
  name: 'Local Tables',
  category: 'Database',
  async examine({ state }) {
    const missing = state.missingLocalTables;
    if (missing.length === 0) return fine('the tables of this clone are there');
    return {
      status: 'warning',
      message: `${counted(missing.length, 'table')} of this clone ${missing.length === 1 ? 'is' : 'are'} missing`,
      detail: listed(missing),
      fix: 'the next command that writes makes them; or: bd doctor --fix',
      mend: {
        changes: 'database',
        async run({ db }) {
          await ensureLocalTables(db, missing);
          return `made ${missing.join(', ')}`;
        },
      },
    };
  },
};

const identity: DatabaseCheck = {
  name: 'Project Identity',
  category: 'Database',
  async examine({ state, location, db }) {
    const expected = location.settings.metadata?.project_id;
    if (expected && state.projectId && expected !== state.projectId) {
      return {
        status: 'error',
        message: `the database "${db.name}" belongs to project ${state.projectId}, and this workspace to ${expected}`,
        fix: 'bd where   shows what is used; correct name or server of the database: bd config set dolt.database NAME',
      };
    }
    if (expected && !state.projectId) {
      return {
        status: 'warning',
        message: 'the database names no project, so that it could be taken for another’s',
        fix: `bd sql "INSERT INTO metadata VALUES ('_project_id', '${expected}')"   when it is this project’s`,
      };
    }
    return fine(state.projectId ? `project ${state.projectId}` : 'neither the database nor .beads names a project');
  },
};

const fingerprint: DatabaseCheck = {
  name: 'Repo Fingerprint',
  category: 'Database',
  async examine({ db, location }) {
    const [row] = await db.query("SELECT value FROM metadata WHERE `key` = 'repo_id'");
    const recorded = row?.['value'];
    if (!recorded || !location.root) return fine('the database names no repository');
    const { repoId } = repositoryIds(location.root);
    if (recorded === repoId) return fine(String(recorded));
    return {
      status: 'warning',
      message: 'the database was made for another repository, or the repository’s origin has changed since',
      detail: `recorded ${recorded}\nhere     ${repoId}`,
      fix: `when it is the same project: bd sql "UPDATE metadata SET value = '${repoId}' WHERE \`key\` = 'repo_id'"`,
    };
  },
};

const prefix: DatabaseCheck = {
  name: 'Issue Prefix',
  category: 'Database',
  async examine({ db }) {
    const value = await issuePrefix(db);
    if (value !== '') return fine(value);
    return {
      status: 'error',
      message: 'the database has no prefix for ids: nothing can be created',
      fix: 'bd config set issue_prefix PREFIX',
    };
  },
};

/** Prefix of new ids without the dash; empty where the database has none. */
export async function issuePrefix(db: OpenWorkspace['db']): Promise<string> {
  const [row] = await db.query("SELECT value FROM config WHERE `key` = 'issue_prefix'");
  return String(row?.['value'] ?? '').replace(/-$/, '');
}

/** What decides whether this database can be used at all. */
export const DATABASE_CHECKS: readonly DatabaseCheck[] = [doltVersion, schema, identity];

/** What a database that can be used says of itself. */
export const OWN_CHECKS: readonly DatabaseCheck[] = [answers, localTables, fingerprint, prefix];
