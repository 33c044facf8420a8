import { type IssueIndex, indexIssues } from './issue-index.ts';
import { legacyIssues, type Overflow } from './legacy-issues.ts';
import { legacyRelated } from './legacy-related.ts';
import {
  type LegacySettings,
  legacySettings,
  legacyWords,
  readLegacySettings,
  tellOtherTables,
} from './legacy-settings.ts';
import type { TargetRow } from './read-rows.ts';
import { createReport, type Report } from './report.ts';
import type { SqliteFile } from './sqlite.ts';

/** A SQLite database of issues, read as Dolt takes it. */
export interface LegacyBeads {
  readonly settings: LegacySettings;
  /** Prefix of ids, without the dash; undefined when neither a setting nor an id shows one. */
  readonly prefix: string | undefined;
  /** Issues that go over. */
  readonly issues: number;
  /** Rows of all tables that may go over: for progress. */
  readonly rows: number;
  /**
   * Every row that goes over, issues first, in the same order with the same values each time.
   *
   * @param prefix of ids, for the setting
   */
  rowsForDolt(prefix: string, report?: Report): Generator<TargetRow>;
}

const COUNTED = ['issues', 'labels', 'dependencies', 'comments', 'events', 'issue_snapshots', 'compaction_snapshots'];

/** @param db what `openSqlite` opened; it must stay open while rows are read */
export function readLegacyBeads(db: SqliteFile): LegacyBeads {
  const settings = readLegacySettings(db);
  const words = legacyWords(settings);
  const index = indexIssues(db, words.infraTypes.length > 0 ? words.infraTypes : undefined);
  const counts = COUNTED.filter((table) => db.tables.has(table)).map((table) => {
    return Number(db.row(`SELECT COUNT(*) AS n FROM ${table}`)?.['n'] ?? 0);
  });
  return {
    settings,
    prefix: prefixOf(settings, index),
    issues: [...index.values()].filter((place) => place !== 'deleted').length,
    rows: counts.reduce((sum, count) => sum + count, 0),
    *rowsForDolt(prefix, report = createReport()) {
      const overflows: Overflow[] = [];
      yield* legacyIssues(db, index, words, report, overflows);
      yield* legacyRelated(db, index, report, overflows);
      yield* legacySettings(db, settings, prefix, index, report);
      tellOtherTables(db, report);
    },
  };
}

/** `bd-` and `bd` are the same prefix; without a setting it is what most ids begin with. */
function prefixOf({ config }: LegacySettings, index: IssueIndex): string | undefined {
  const set = (config.get('issue_prefix') ?? '').trim().replace(/-+$/, '');
  if (set !== '') return set;
  const counts = new Map<string, number>();
  for (const id of index.keys()) {
    const prefix = /^(.+)-[^-]+$/.exec(id)?.[1];
    if (prefix !== undefined) counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
