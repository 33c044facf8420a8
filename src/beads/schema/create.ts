import type { Database, Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { ensureLocalTables, readSchemaState, SCHEMA_LEVEL } from './level.ts';
import { IGNORE_PATTERNS, LOCAL_TABLES } from './local-tables.ts';
import { VERSIONED_TABLES } from './versioned-tables.ts';
import { VIEWS } from './views.ts';

export interface CreateSchemaOptions {
  /** Prefix of the ids, without the dash: `hm` for `hm-a1b`. */
  prefix: string;
  /** UUID that `metadata.json` carries as well. */
  projectId: string;
  /** Author of the Dolt commit: `Name <email>`. */
  commitAuthor: string;
  /** 32 hex digits of the repository, see the Go `bd`'s `repo_id`. */
  repoId?: string;
  /** 16 hex digits of this clone. */
  cloneId?: string;
}

export interface CreateSchemaResult {
  /** False when the database had the schema already: nothing was changed. */
  created: boolean;
  /** The project id of the database, which is another one than asked for when `created` is false. */
  projectId: string | undefined;
}

const DEFAULT_CONFIG: Readonly<Record<string, string>> = {
  compaction_enabled: 'false',
  compact_tier1_days: '30',
  compact_tier1_dep_levels: '2',
  compact_tier2_days: '90',
  compact_tier2_dep_levels: '5',
  compact_tier2_commits: '100',
  compact_batch_size: '50',
  compact_parallel_workers: '5',
  auto_compact_enabled: 'false',
};

/**
 * Makes the schema in an empty database, in one pass and one Dolt commit, and leaves a clean
 * `dolt_status`. Safe to repeat and to run twice at once: it takes the write turn, completes what
 * an interrupted run left, and changes nothing where the schema is there.
 *
 * @throws AppError SCHEMA_UNSUPPORTED when the database has a newer or an older schema
 * @example await createSchema(db, { prefix: 'hm', projectId: randomUUID(), commitAuthor: 'A <a@b.c>' });
 */
export async function createSchema(db: Database, options: CreateSchemaOptions): Promise<CreateSchemaResult> {
  const work = async (tx: Queryable): Promise<CreateSchemaResult> => {
    const state = await readSchemaState(tx);
    if (state.level === SCHEMA_LEVEL) {
      // Killed after the Dolt commit of the rest, or a fresh clone.
      await ensureLocalTables(tx, state.missingLocalTables);
      return { created: false, projectId: state.projectId };
    }
    if (state.level !== 0) {
      throw new AppError('SCHEMA_UNSUPPORTED', `the database "${db.name}" has schema level ${state.level}`, {
        hint: `this bd makes and writes level ${SCHEMA_LEVEL} only; choose another database`,
      });
    }
    await insertIgnorePatterns(tx);
    for (const table of VERSIONED_TABLES) await tx.execute(table.ddl);
    for (const view of VIEWS) await tx.execute(view);
    await insertPairs(tx, 'config', { ...DEFAULT_CONFIG, issue_prefix: options.prefix });
    await insertPairs(tx, 'metadata', {
      _project_id: options.projectId,
      ...(options.repoId === undefined ? {} : { repo_id: options.repoId }),
      ...(options.cloneId === undefined ? {} : { clone_id: options.cloneId }),
    });
    // The level comes last: a database without it is one whose creation did not finish.
    await tx.execute('INSERT INTO schema_migrations (version) VALUES (?)', [SCHEMA_LEVEL]);
    await commitSchema(tx, options.commitAuthor);
    for (const table of LOCAL_TABLES) await tx.execute(table.ddl);
    return { created: true, projectId: options.projectId };
  };
  return db.transaction(work, { isDone: async (tx) => (await readSchemaState(tx)).level === SCHEMA_LEVEL });
}

async function insertIgnorePatterns(tx: Queryable): Promise<void> {
  const rows = IGNORE_PATTERNS.map(() => '(?, 1)').join(', ');
  // Not INSERT IGNORE: Dolt reports the rows of this table as inserted and drops them.
  await tx.execute(`REPLACE INTO dolt_ignore (pattern, ignored) VALUES ${rows}`, IGNORE_PATTERNS);
}

async function insertPairs(tx: Queryable, table: string, pairs: Readonly<Record<string, string>>): Promise<void> {
  const rows = Object.entries(pairs);
  const places = rows.map(() => '(?, ?)').join(', ');
  await tx.execute(`INSERT IGNORE INTO ${table} (\`key\`, value) VALUES ${places}`, rows.flat());
}

/** Commits the tables of the schema by name: whatever else is in the database is not ours to commit. */
async function commitSchema(tx: Queryable, author: string): Promise<void> {
  const tables = ['dolt_ignore', 'dolt_schemas', ...VERSIONED_TABLES.map((table) => table.name)];
  await tx.query(`CALL DOLT_ADD(${tables.map(() => '?').join(', ')})`, tables);
  await tx.query("CALL DOLT_COMMIT('--skip-empty', '-m', 'bd init', '--author', ?)", [author]);
}
