import type { CleanupResult } from '../../beads/migrate/cleanup.ts';
import type { MigrateResult, Migration } from '../../beads/migrate/migrate.ts';
import type { MigrationPlan } from '../../beads/migrate/plan.ts';
import type { Effect, Problem } from '../../beads/migrate/report.ts';
import type { MigrationState } from '../../beads/migrate/state.ts';
import type { Target } from '../../beads/workspace/endpoint.ts';
import type { Paint } from '../style.ts';
import { textTable } from '../text-table.ts';

/** What `bd migrate --json` prints. */
export interface MigrateDocument {
  /** `plan` is that of a dry run; `none` where nothing was to be done. */
  action: 'none' | 'plan' | 'migrate' | 'cleanup';
  /** What the workspace uses now. */
  backend: 'dolt' | 'sqlite' | 'none';
  beads_dir: string;
  /** The SQLite file. */
  source?: string;
  /** Where the issues are, or are to be. */
  mode?: 'embedded' | 'server';
  database?: string;
  server?: { host: string; port: number; user: string; socket?: string };
  /** Level of the Dolt database's schema. */
  version?: number;
  dry_run?: true;
  prefix?: string;
  project_id?: string;
  issues?: number;
  /** An earlier run had imported everything; this one compared and switched. */
  resumed?: boolean;
  tables?: { table: string; rows: number; migrated: number; wisps: number; left_behind: number }[];
  /** Every row and value that does not go over as it is. */
  problems?: readonly Problem[];
  obstacle?: string;
  backup?: string;
  /** Files that were written or added to. */
  files?: readonly string[];
  /** SQLite files that were removed, and the backups, which stay. */
  removed?: readonly string[];
  backups?: readonly string[];
}

export function stateDocument(state: MigrationState): MigrateDocument {
  return {
    action: 'none',
    backend: state.backend,
    beads_dir: state.beadsDir,
    ...(state.source ? { source: state.source } : {}),
    ...(state.target ? place(state.target) : {}),
    ...(state.schemaLevel === undefined ? {} : { version: state.schemaLevel }),
  };
}

export function planDocument(plan: MigrationPlan): MigrateDocument {
  const { obstacle } = plan;
  return { ...document(plan, 'plan', 'sqlite'), dry_run: true, ...(obstacle === undefined ? {} : { obstacle }) };
}

export function resultDocument(result: MigrateResult): MigrateDocument {
  const { projectId, resumed, backup, files } = result;
  return { ...document(result, 'migrate', 'dolt'), project_id: projectId, resumed, backup, files };
}

/** @param before of the migration that went before it, if there was one */
export function cleanupDocument(result: CleanupResult, before: MigrateDocument | undefined): MigrateDocument {
  const { beadsDir, removed, backups } = result;
  return { ...(before ?? { backend: 'dolt', beads_dir: beadsDir, action: 'cleanup' }), removed, backups };
}

export function renderState(state: MigrationState, paint: Paint): string {
  if (state.backend === 'none') return `No database in ${state.beadsDir}: there is nothing to migrate.`;
  if (state.backend === 'sqlite') {
    return `SQLite database: ${state.source}\n\nbd migrate --to-dolt --dry-run   shows what a migration to Dolt would do`;
  }
  const lines = [
    `Dolt database version: ${state.schemaLevel}`,
    state.isCurrent ? `${paint('green', '✓')} Version matches` : `${paint('yellow', '!')} bd knows another version`,
  ];
  if (state.source) lines.push('', `${state.source} is still there: bd migrate --to-dolt --cleanup   removes it`);
  return lines.join('\n');
}

export function renderAlreadyDolt(state: MigrationState, paint: Paint): string {
  const database = state.target ? ` (${describe(state.target)})` : '';
  const rest = state.source ? [`${state.source} is still there: bd migrate --to-dolt --cleanup   removes it`] : [];
  return [`${paint('green', '✓')} Already using Dolt${database}: nothing to migrate.`, ...rest].join('\n');
}

export function renderPlan(plan: MigrationPlan, paint: Paint): string {
  const last = plan.obstacle
    ? `${paint('yellow', '!')} ${plan.obstacle}`
    : 'Nothing was written. bd migrate --to-dolt   does it, after a backup';
  return [`Would migrate ${plan.issues} issues from ${plan.source}`, '', ...details(plan, paint), last].join('\n');
}

export function renderResult(result: MigrateResult, paint: Paint): string {
  const head = result.resumed
    ? 'An earlier run had imported everything; it was compared with SQLite once more.'
    : 'Every row was compared with SQLite.';
  return [
    `${paint('green', '✓')} Migrated ${result.issues} issues from ${result.source} to Dolt`,
    `  ${head}`,
    '',
    ...details(result, paint),
    `Backup: ${result.backup}`,
    `The SQLite file stays as it was. When all is well: bd migrate --to-dolt --cleanup`,
  ].join('\n');
}

export function renderCleanup(result: CleanupResult, paint: Paint): string {
  const kept = result.backups.map((path) => `  Kept ${path}`);
  if (result.removed.length === 0) return ['There are no SQLite files to remove.', ...kept].join('\n');
  const removed = result.removed.map((path) => `  Removed ${path}`);
  return [`${paint('green', '✓')} Dolt holds what SQLite held`, ...removed, ...kept].join('\n');
}

function document(migration: Migration, action: 'plan' | 'migrate', backend: 'sqlite' | 'dolt'): MigrateDocument {
  return {
    action,
    backend,
    beads_dir: migration.beadsDir,
    source: migration.source,
    ...place(migration.target),
    prefix: migration.prefix,
    issues: migration.issues,
    tables: migration.tables.map(({ leftBehind, ...count }) => ({ ...count, left_behind: leftBehind })),
    problems: migration.problems,
  };
}

function place(target: Target): Pick<MigrateDocument, 'mode' | 'database' | 'server'> {
  if (target.mode === 'embedded') return { mode: 'embedded', database: target.database };
  const { host, port, user, socket } = target.endpoint;
  const server = { host, port, user, ...(socket ? { socket } : {}) };
  return { mode: 'server', database: target.database, server };
}

function describe(target: Target): string {
  if (target.mode === 'embedded') return `embedded database "${target.database}"`;
  const { host, port, socket } = target.endpoint;
  return `database "${target.database}" at ${socket ?? `${host}:${port}`}`;
}

function details(migration: Migration, paint: Paint): string[] {
  const rows = migration.tables.map(({ table, rows, migrated, wisps, leftBehind }) =>
    [table, rows, migrated, wisps || '', leftBehind || ''].map(String),
  );
  return [
    `  To: ${describe(migration.target)}`,
    `  Issue prefix: ${migration.prefix}`,
    '',
    textTable(['table', 'rows', 'to dolt', 'as wisps', 'left behind'], rows, paint),
    '',
    ...problemLines(migration.problems, 'left-behind', 'Left behind: no place in Dolt, kept in the backup', paint),
    ...problemLines(migration.problems, 'changed', 'Changed on the way', paint),
    ...problemLines(migration.problems, 'noted', 'Worth knowing', paint),
  ];
}

const SHOWN_ROWS = 10;

/** Rows of one kind in one table together; a person sees the first ones, `--json` has all. */
function problemLines(problems: readonly Problem[], effect: Effect, title: string, paint: Paint): string[] {
  const groups = new Map<string, Problem[]>();
  for (const problem of problems) {
    if (problem.effect !== effect) continue;
    const key = `${problem.table} ${problem.kind} ${problem.field ?? ''}`;
    const group = groups.get(key);
    if (group) group.push(problem);
    else groups.set(key, [problem]);
  }
  if (groups.size === 0) return [];
  const lines = [...groups.values()].flatMap((group) => {
    const rest = group.length - SHOWN_ROWS;
    return [
      ...group.slice(0, SHOWN_ROWS).map(({ table, row, rows, message }) => {
        return `  ${table} ${rows === undefined ? row : `(${rows} rows)`}: ${message}`;
      }),
      ...(rest > 0 ? [`  … and ${rest} more of ${group[0]?.table} like these (--json lists them all)`] : []),
    ];
  });
  return [paint('bold', `${title}:`), ...lines, ''];
}
