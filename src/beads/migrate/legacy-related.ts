import type { SqlParameter } from '../../database/types.ts';
import { cut } from './fields.ts';
import type { IssueIndex, Place } from './issue-index.ts';
import type { Overflow } from './legacy-issues.ts';
import { legacyTime } from './legacy-time.ts';
import { legacyUuid } from './legacy-uuid.ts';
import { type ReadRow, readRows, type TargetRow } from './read-rows.ts';
import { COMMENTS, DEPENDENCIES, LABELS, RELATED_TABLES, type RelatedTable } from './related-tables.ts';
import type { Effect, ProblemKind, Report } from './report.ts';
import type { SqliteFile } from './sqlite.ts';

/** What hangs on the issues; each row follows its issue, and rows of issues that are not there stay behind. */
export function* legacyRelated(
  db: SqliteFile,
  index: IssueIndex,
  report: Report,
  overflows: readonly Overflow[],
): Generator<TargetRow> {
  for (const table of RELATED_TABLES) {
    if (table === COMMENTS) yield* overflowComments(overflows, index);
    if (!db.tables.has(table.name)) continue;
    let last = '';
    for (const row of readRows(db, table.name, table.fields, table.order)) {
      report.read(table.name);
      const value = (name: string) => String(row.values.get(name) ?? '');
      const tell = teller(report, table, value);
      const place = index.get(value('issue_id'));
      const key =
        table === LABELS || table === DEPENDENCIES
          ? `${value('issue_id')}\0${value('label')}${value('depends_on_id')}`
          : '';
      if (key !== '' && key === last) {
        const second = table === DEPENDENCIES;
        tell(
          second ? 'second-edge' : 'duplicate',
          'left-behind',
          second ? 'another edge between these two issues goes over' : 'the same row goes over once',
        );
      } else if (isStayingBehind(table, row, place, index, tell)) {
      } else {
        last = key;
        const parts = mend(db, table, row, tell);
        report.migrated(table.name, place === 'wisps');
        const to = place === 'wisps' ? (table.wisps ?? table.name) : table.name;
        yield { table: to, values: [...row.values.values()] };
        for (const part of parts) yield { table: to, values: part };
      }
    }
  }
}

type Tell = (kind: ProblemKind, effect: Effect, message: string, field?: string) => void;

function teller(report: Report, table: RelatedTable, value: (name: string) => string): Tell {
  const row = table.rowName(value);
  return (kind, effect, message, field) => {
    report.problem({ kind, effect, table: table.name, row, ...(field === undefined ? {} : { field }), message });
  };
}

/** Says why a row has no place in Dolt, or false. */
function isStayingBehind(
  table: RelatedTable,
  row: ReadRow,
  place: Place | undefined,
  index: IssueIndex,
  tell: Tell,
): boolean {
  const issue = String(row.values.get('issue_id'));
  if (place === undefined) {
    tell('missing-issue', 'left-behind', `there is no issue "${issue}"`);
    return true;
  }
  if (place === 'deleted') {
    tell('deleted', 'left-behind', `the issue ${issue} was deleted`);
    return true;
  }
  if (place === 'wisps' && !table.wisps) {
    tell('no-place', 'left-behind', `${issue} becomes a wisp, and Dolt has no ${table.name} of wisps`);
    return true;
  }
  // What is cut in the middle of a key or of JSON would be something else.
  const whole = ['issue_id', 'depends_on_id', 'label', 'original_content', 'snapshot_json'];
  const flaw = row.flaws.find(({ field, kind }) => whole.includes(field) && ['too-long', 'bad-text'].includes(kind));
  if (flaw) {
    tell(flaw.kind, 'left-behind', flaw.message, flaw.field);
    return true;
  }
  if (table !== DEPENDENCIES) return false;
  const target = String(row.values.get('depends_on_id'));
  if (index.get(target) === 'deleted') {
    tell('deleted', 'left-behind', `the issue ${target} was deleted`);
    return true;
  }
  if (target === '') {
    tell('missing-issue', 'left-behind', 'the edge leads nowhere');
    return true;
  }
  if (!index.has(target) && !target.startsWith('external:')) {
    tell('dangling', 'noted', `there is no issue "${target}" here`);
  }
  return false;
}

/**
 * Gives the row its time and its UUID, and tells what was changed.
 *
 * @returns further rows, for the rest of a comment that is too long for one
 */
function mend(db: SqliteFile, table: RelatedTable, row: ReadRow, tell: Tell): SqlParameter[][] {
  const { values, flaws, raw } = row;
  const timeField = table.fields.find(({ kind }) => kind === 'time')?.name;
  if (timeField !== undefined && values.get(timeField) === null) {
    values.set(timeField, timeOfIssue(db, String(values.get('issue_id'))));
  }
  const time = timeField === undefined ? '' : String(values.get(timeField));
  if (values.has('id')) {
    const number = Number(values.get('id'));
    // The newest versions numbered with UUIDs already.
    if (Number.isSafeInteger(number)) {
      const at = legacyTime(raw[timeField ?? '']);
      const content = [table.name, ...[...values].filter(([name]) => name !== 'id').map(([, value]) => String(value))];
      values.set('id', legacyUuid(typeof at === 'number' ? at : msOf(time), number, content));
    }
  }
  const parts: SqlParameter[][] = [];
  for (const flaw of flaws) {
    if (flaw.kind === 'bad-date') tell(flaw.kind, 'changed', `${flaw.message}: ${time} is used`, flaw.field);
    else if (table === COMMENTS && flaw.field === 'text' && flaw.rest !== undefined) {
      parts.push(...continued(values, flaw.rest));
      tell(flaw.kind, 'changed', `${flaw.message}: it becomes ${parts.length + 1} comments`, flaw.field);
    } else if (flaw.rest !== undefined) {
      tell(flaw.kind, 'changed', `${flaw.message}: cut there, the whole is in the backup`, flaw.field);
    } else tell(flaw.kind, 'changed', flaw.message, flaw.field);
  }
  return parts;
}

/** Comments with the rest of a text, in the order of the columns. */
function continued(comment: ReadonlyMap<string, SqlParameter>, whole: string): SqlParameter[][] {
  const [id, issueId, author, , createdAt] = [...comment.values()];
  return pieces(whole).map((piece, index) => {
    const uuid = legacyUuid(msOf(String(createdAt)), index + 1, ['continued', String(id)]);
    return [uuid, issueId ?? '', author ?? '', piece, createdAt ?? null];
  });
}

function* overflowComments(overflows: readonly Overflow[], index: IssueIndex): Generator<TargetRow> {
  for (const { issueId, field, rest, createdAt } of overflows) {
    const table = index.get(issueId) === 'wisps' ? 'wisp_comments' : 'comments';
    for (const [number, piece] of pieces(rest, `${field}, continued:\n\n`).entries()) {
      const uuid = legacyUuid(msOf(createdAt), number, ['overflow', issueId, field]);
      yield { table, values: [uuid, issueId, 'bd migrate', piece, createdAt] };
    }
  }
}

function pieces(whole: string, heading = ''): string[] {
  const found: string[] = [];
  for (let rest = whole; rest !== ''; ) {
    const [piece, after] = cut(heading + rest, undefined);
    found.push(piece);
    rest = after;
  }
  return found;
}

function timeOfIssue(db: SqliteFile, id: string): string {
  const row = db.row('SELECT created_at, updated_at FROM issues WHERE id = ?', [id]);
  const times = [row?.['created_at'], row?.['updated_at']].map(legacyTime);
  const ms = times.find((time) => typeof time === 'number') ?? 0;
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}

function msOf(datetime: string): number {
  return Date.parse(`${datetime.replace(' ', 'T')}Z`);
}
