import { parseStatuses } from '../settings.ts';
import { cut, decode } from './fields.ts';
import type { IssueIndex } from './issue-index.ts';
import type { Words } from './legacy-issues.ts';
import type { TargetRow } from './read-rows.ts';
import { RELATED_TABLES } from './related-tables.ts';
import type { Report } from './report.ts';
import { quoted, type SqliteFile } from './sqlite.ts';

/** What the tables `config` and `metadata` of SQLite say. */
export interface LegacySettings {
  readonly config: ReadonlyMap<string, string>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Tables that SQLite needed to work, and Dolt does not. */
const BOOKKEEPING = ['dirty_issues', 'export_hashes', 'repo_mtimes', 'blocked_issues_cache', 'issue_counters'];
/** Keys that describe the old database or its exports; the new database has its own. */
const OWN_KEYS =
  /^(?:_project_id|repo_id|clone_id|last_import_.*|last_export_.*|jsonl_.*|export_.*|dolt_auto_push_.*)$/;
/** Keys that belong to one clone; Dolt keeps them out of its history. */
const LOCAL_KEYS = /^(?:bd_version|bd_version_max|tip_.*|.+\.last_sync)$/;

export function readLegacySettings(db: SqliteFile): LegacySettings {
  return { config: readPairs(db, 'config'), metadata: readPairs(db, 'metadata') };
}

/** The statuses and types that this database has beside the built-in ones. */
export function legacyWords({ config }: LegacySettings): Words {
  const list = (key: string) =>
    (config.get(key) ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  return {
    customStatuses: parseStatuses(config.get('status.custom') ?? ''),
    customTypes: list('types.custom'),
    infraTypes: list('types.infra'),
  };
}

/** Settings, custom words and the numbers of the last children. */
export function* legacySettings(
  db: SqliteFile,
  settings: LegacySettings,
  prefix: string,
  index: IssueIndex,
  report: Report,
): Generator<TargetRow> {
  for (const table of ['config', 'metadata'] as const) {
    for (const [key, value] of settings[table]) {
      report.read(table);
      const [fits, rest] = cut(value, undefined);
      if (OWN_KEYS.test(key)) {
        const message = 'it describes the SQLite database or its exports';
        report.problem({ kind: 'bookkeeping', effect: 'left-behind', table, row: key, message });
      } else if (rest !== '' || [...key].length > 255) {
        report.problem({
          kind: 'too-long',
          effect: 'left-behind',
          table,
          row: key,
          message: 'it is too long for Dolt',
        });
      } else {
        report.migrated(table, false);
        yield {
          table: LOCAL_KEYS.test(key) ? 'local_metadata' : table,
          values: [key, key === 'issue_prefix' ? prefix : fits],
        };
      }
    }
  }
  const words = legacyWords(settings);
  for (const [name, category] of words.customStatuses) yield { table: 'custom_statuses', values: [name, category] };
  for (const name of new Set(words.customTypes)) yield { table: 'custom_types', values: [name] };
  yield* childCounters(db, index, report);
}

/** Tables that have no place in Dolt, each with the number of its rows. */
export function tellOtherTables(db: SqliteFile, report: Report): void {
  const known = new Set(['issues', 'config', 'metadata', 'child_counters', ...RELATED_TABLES.map(({ name }) => name)]);
  for (const table of db.tables.keys()) {
    if (known.has(table)) continue;
    const rows = Number(db.row(`SELECT COUNT(*) AS n FROM ${quoted(table)}`)?.['n'] ?? 0);
    if (rows === 0) continue;
    report.read(table, rows);
    const own = BOOKKEEPING.includes(table);
    const message = own ? 'SQLite needed it to work; Dolt does not' : 'Dolt has no such table';
    const kind = own ? 'bookkeeping' : 'no-place';
    report.problem({ kind, effect: 'left-behind', table, row: '*', message, rows });
  }
}

/** The number of the last child of each issue: what was counted, and at least what the ids show. */
function* childCounters(db: SqliteFile, index: IssueIndex, report: Report): Generator<TargetRow> {
  const last = new Map<string, number>();
  const raise = (parent: string, child: number) => last.set(parent, Math.max(last.get(parent) ?? 0, child));
  if (db.tables.has('child_counters')) {
    for (const row of db.rows('SELECT CAST(parent_id AS BLOB) AS parent, last_child FROM child_counters')) {
      const [parent, child] = [decode(row['parent']).text, Number(row['last_child'])];
      report.read('child_counters');
      if (index.has(parent) && Number.isSafeInteger(child) && child < 2 ** 31) {
        raise(parent, child);
        report.migrated('child_counters', false);
      } else {
        const message = index.has(parent) ? `last_child is "${row['last_child']}"` : `there is no issue "${parent}"`;
        report.problem({ kind: 'missing-issue', effect: 'left-behind', table: 'child_counters', row: parent, message });
      }
    }
  }
  for (const id of index.keys()) {
    const child = /^(.+)\.(\d{1,9})$/.exec(id);
    if (child?.[1] && index.has(child[1])) raise(child[1], Number(child[2]));
  }
  for (const parent of [...last.keys()].sort())
    yield { table: 'child_counters', values: [parent, last.get(parent) ?? 0] };
}

function readPairs(db: SqliteFile, table: string): Map<string, string> {
  if (!db.tables.has(table)) return new Map();
  const rows = db.rows(
    `SELECT CAST(key AS BLOB) AS k, CAST(value AS BLOB) AS v FROM ${table} WHERE key IS NOT NULL ORDER BY key`,
  );
  return new Map([...rows].map((row) => [decode(row['k']).text, decode(row['v']).text]));
}
