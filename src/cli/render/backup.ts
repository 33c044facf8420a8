import type { RestoreResult } from '../../beads/backup/restore.ts';
import { endpointText } from '../../beads/workspace/endpoint.ts';
import type { BackupRecord } from '../../database/backup/record.ts';
import type { RestoredRig } from '../../supervisor/restore-rig.ts';
import type { Paint } from '../style.ts';

/** A backup, in the JSON of `bd backup` and `gt dolt backup`. */
export interface BackupDocument {
  directory: string;
  database: string;
  project_id: string | null;
  made_at: string;
  dolt_version: string;
  /** The branch that was used. */
  branch: string;
  branches: { name: string; head: string }[];
  tables: Record<string, number>;
  /** Rows of all tables. */
  rows: number;
}

export function backupDocument(directory: string, record: BackupRecord): BackupDocument {
  const { database, project_id, made_at, dolt_version, branch, branches, tables } = record;
  return {
    directory,
    database,
    project_id,
    made_at,
    dolt_version,
    branch,
    branches: branches.map(({ name, head }) => ({ name, head })),
    tables: { ...tables },
    rows: rowsOf(tables),
  };
}

export function renderBackup(document: BackupDocument, paint: Paint): string {
  return [
    `${paint('green', '✓')} Backed up "${document.database}" to ${document.directory}`,
    `  ${contents(document.tables, document.branches.length)}, restored once and compared`,
  ].join('\n');
}

export function renderBackupStatus(document: BackupDocument): string {
  return [
    document.directory,
    `  database: ${document.database}`,
    `  made:     ${document.made_at} with Dolt ${document.dolt_version}`,
    `  holds:    ${contents(document.tables, document.branches.length)}`,
  ].join('\n');
}

/** `3 issues, 240 rows in 12 tables, 1 branch`. */
export function contents(tables: Readonly<Record<string, number>>, branches?: number): string {
  const parts = [
    ...('issues' in tables ? [count(tables['issues'] ?? 0, 'issue')] : []),
    `${count(rowsOf(tables), 'row')} in ${count(Object.keys(tables).length, 'table')}`,
    ...(branches === undefined ? [] : [branches === 1 ? '1 branch' : `${branches} branches`]),
  ];
  return parts.join(', ');
}

function rowsOf(tables: Readonly<Record<string, number>>): number {
  return Object.values(tables).reduce((sum, rows) => sum + rows, 0);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** What `bd restore --json` prints. */
export interface RestoreDocument {
  beads_dir: string;
  mode: 'embedded' | 'server';
  database: string;
  backup: string;
  made_at?: string;
  project_id: string;
  tables: Record<string, number>;
  /** Where the database is now that was replaced. */
  kept?: string;
}

export function restoreDocument(result: RestoreResult): RestoreDocument {
  const { beadsDir, target, backup, madeAt, projectId, tables, kept } = result;
  return {
    beads_dir: beadsDir,
    mode: target.mode,
    database: target.database,
    backup,
    ...(madeAt === undefined ? {} : { made_at: madeAt }),
    project_id: projectId,
    tables: { ...tables },
    ...(kept === undefined ? {} : { kept }),
  };
}

export function renderRestore(result: RestoreResult, paint: Paint): string {
  const { target, backup, madeAt, tables, kept } = result;
  const where = target.mode === 'embedded' ? 'embedded' : `at ${endpointText(target.endpoint)}`;
  return [
    `${paint('green', '✓')} Restored "${target.database}" (${where}) from ${backup}`,
    `  ${contents(tables)}${madeAt === undefined ? '' : `, as of ${madeAt}`}`,
    ...(kept === undefined ? [] : [`  The one before is kept: ${kept}`, keptHint(target.mode, kept)]),
  ].join('\n');
}

/** A database that was replaced on a server is kept as a backup, an embedded one as it was. */
function keptHint(mode: 'embedded' | 'server', kept: string): string {
  return mode === 'server' ? `  To go back: bd restore ${kept}` : `  To look at it: bd --db ${kept} list`;
}

/** The JSON of `gt dolt restore`. */
export interface RigRestoreDocument {
  rig: string;
  directory: string;
  backup: string;
  made_at: string | null;
  tables: Record<string, number>;
  /** Where the database is now that was replaced. */
  kept: string | null;
}

export function rigRestoreDocument(restored: RestoredRig): RigRestoreDocument {
  const { rig, directory, backup, madeAt, tables, kept } = restored;
  return { rig, directory, backup, made_at: madeAt ?? null, tables: { ...tables }, kept: kept ?? null };
}

export function renderRigRestore({ rig, backup, madeAt, tables, kept }: RestoredRig, paint: Paint): string {
  return [
    `${paint('green', '✓')} Restored rig "${rig}" from ${backup}`,
    `  ${contents(tables)}${madeAt === undefined ? '' : `, as of ${madeAt}`}`,
    ...(kept === undefined ? [] : [`  The one before is kept: ${kept}`]),
    `start its server: gt dolt start ${rig}`,
  ].join('\n');
}
