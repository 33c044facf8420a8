import type { Settings } from '../settings.ts';
import { BUILT_IN_STATUSES, BUILT_IN_TYPES, INFRA_TYPES } from '../vocabulary.ts';
import { DROPPED_COLUMNS, ISSUE_FIELDS } from './issue-fields.ts';
import type { IssueIndex } from './issue-index.ts';
import { legacyTime } from './legacy-time.ts';
import { type ReadRow, readRows, type TargetRow } from './read-rows.ts';
import type { Report } from './report.ts';
import { quoted, type SqliteFile } from './sqlite.ts';

/** The rest of a text that did not fit into its column: it goes into comments. */
export interface Overflow {
  readonly issueId: string;
  readonly field: string;
  readonly rest: string;
  readonly createdAt: string;
}

/** Which words the database knows. */
export type Words = Pick<Settings, 'customTypes' | 'infraTypes' | 'customStatuses'>;

/** What an issue without any readable time gets. */
const NO_TIME = '1970-01-01 00:00:00';

/**
 * The issues, in the order of their ids, each for `issues` or `wisps`.
 *
 * @param overflows gets what did not fit
 */
export function* legacyIssues(
  db: SqliteFile,
  index: IssueIndex,
  words: Words,
  report: Report,
  overflows: Overflow[],
): Generator<TargetRow> {
  const known = knownWords(words);
  const seen = new Set<string>();
  for (const row of readRows(db, 'issues', ISSUE_FIELDS, 'id', Object.keys(DROPPED_COLUMNS))) {
    report.read('issues');
    const id = String(row.values.get('id'));
    const place = index.get(id);
    const tell = teller(report, id);
    if (place === undefined) {
      const flaw = row.flaws.find(({ field }) => field === 'id');
      tell(flaw?.kind ?? 'without-id', 'left-behind', flaw?.message ?? 'the issue has no id');
    } else if (row.values.get('status') === 'tombstone') {
      tell('deleted', 'left-behind', 'the issue was deleted; what stands here is its tombstone');
    } else if (seen.has(id)) {
      tell('duplicate', 'left-behind', 'the id occurs twice: the first one goes over');
    } else {
      seen.add(id);
      mend(row, id, report, overflows);
      if (place === 'wisps')
        row.values.set('ephemeral', row.values.get('no_history') ? (row.values.get('ephemeral') ?? 0) : 1);
      const [status, type] = [String(row.values.get('status')), String(row.values.get('issue_type'))];
      if (!known.statuses.has(status))
        tell('unknown-status', 'noted', `the status "${status}" is neither built in nor custom`);
      if (!known.types.has(type)) tell('unknown-type', 'noted', `the type "${type}" is neither built in nor custom`);
      tellDropped(row, tell);
      report.migrated('issues', place === 'wisps');
      yield { table: place === 'wisps' ? 'wisps' : 'issues', values: [...row.values.values()] };
    }
  }
  tellUnknownColumns(db, report);
}

type Tell = (
  kind: Parameters<Report['problem']>[0]['kind'],
  effect: 'left-behind' | 'changed' | 'noted',
  message: string,
  field?: string,
) => void;

function teller(report: Report, row: string): Tell {
  return (kind, effect, message, field) => {
    report.problem({ kind, effect, table: 'issues', row, ...(field === undefined ? {} : { field }), message });
  };
}

/** Makes the values of an issue consistent, and says what was changed. */
function mend(row: ReadRow, id: string, report: Report, overflows: Overflow[]): void {
  const { values } = row;
  const tell = teller(report, id);
  const created = values.get('created_at') ?? values.get('updated_at') ?? values.get('closed_at') ?? NO_TIME;
  const updated = values.get('updated_at') ?? created;
  values.set('created_at', created);
  values.set('updated_at', updated);
  // The old default column; it means what an empty one means, and would be shown.
  if (values.get('work_type') === 'mutex') values.set('work_type', '');
  for (const flaw of row.flaws) {
    const used = values.get(flaw.field);
    if (flaw.rest !== undefined) {
      overflows.push({ issueId: id, field: flaw.field, rest: flaw.rest, createdAt: String(created) });
      tell(flaw.kind, 'changed', `${flaw.message}: the rest goes into comments`, flaw.field);
    } else if (flaw.kind === 'bad-date') {
      tell(flaw.kind, 'changed', `${flaw.message}: ${used === null ? 'left empty' : `${used} is used`}`, flaw.field);
    } else tell(flaw.kind, 'changed', flaw.message, flaw.field);
  }
  const closed = values.get('status') === 'closed';
  if (closed && values.get('closed_at') === null) {
    values.set('closed_at', updated);
    tell('closed-at', 'changed', `the issue is closed without a time: ${updated} is used`, 'closed_at');
  } else if (!closed && values.get('closed_at') !== null) {
    tell(
      'closed-at',
      'changed',
      `the issue is not closed, but has a time of closing, ${values.get('closed_at')}: left out`,
      'closed_at',
    );
    values.set('closed_at', null);
  }
}

function tellDropped(row: ReadRow, tell: Tell): void {
  for (const [column, empty] of Object.entries(DROPPED_COLUMNS)) {
    const value = row.raw[column];
    if (
      value === undefined ||
      value === null ||
      empty.includes(typeof value === 'bigint' ? Number(value) : value instanceof Uint8Array ? '?' : value)
    )
      continue;
    if (column === 'deleted_at' && legacyTime(value) === 'none') continue;
    tell('no-place', 'left-behind', `${column} is "${String(value)}", and Dolt has no such column`, column);
  }
}

/** Columns of a newer version, or somebody's own. */
function tellUnknownColumns(db: SqliteFile, report: Report): void {
  const known = new Set([...ISSUE_FIELDS.map(({ name }) => name), ...Object.keys(DROPPED_COLUMNS)]);
  for (const column of (db.tables.get('issues') ?? []).filter((name) => !known.has(name))) {
    const name = quoted(column);
    const rows = db.rows(
      `SELECT id FROM issues WHERE ${name} NOT IN ('', 0, '0', '{}', '[]') AND status <> 'tombstone'`,
    );
    for (const { id } of rows)
      teller(report, String(id))('no-place', 'left-behind', `Dolt has no column ${column}`, column);
  }
}

function knownWords(words: Words): { statuses: ReadonlySet<string>; types: ReadonlySet<string> } {
  const builtIn = BUILT_IN_STATUSES.map(({ name }) => name);
  return {
    statuses: new Set([...builtIn, ...words.customStatuses.keys()]),
    types: new Set([...BUILT_IN_TYPES, ...INFRA_TYPES, ...words.infraTypes, ...words.customTypes]),
  };
}
