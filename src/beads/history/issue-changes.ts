import type { Row } from '../../database/types.ts';
import { compareIds } from '../ids/compare.ts';
import type { Comment, Dependency, Issue } from '../issue.ts';
import { decodeComment, decodeDependency, decodeIssue } from '../issue-row.ts';
import { type FieldChange, fieldChanges } from './field-changes.ts';
import type { Change, RowChange } from './row-changes.ts';

/** What was added, removed and changed of the things of one kind that hang on an issue. */
export interface PartChanges<T> {
  added: T[];
  removed: T[];
  /** Absent when there are none. */
  modified?: { before: T; after: T }[];
}

/** An issue that is not the same at two revisions. */
export interface IssueChange {
  id: string;
  title: string;
  /** `modified` also when only something that hangs on it changed. */
  change: Change;
  /** The issue's own row at the first revision; absent when it was added, or did not change. */
  before?: Issue;
  /** The issue's own row at the second revision; absent when it was removed, or did not change. */
  after?: Issue;
  /** Field by field; empty for an issue that was added or removed. */
  fields: FieldChange[];
  labels?: PartChanges<string>;
  dependencies?: PartChanges<Dependency>;
  comments?: PartChanges<Comment>;
}

/** The changed rows of the tables that issues are made of. */
export interface IssueRows {
  readonly issues: readonly RowChange[];
  readonly labels: readonly RowChange[];
  readonly dependencies: readonly RowChange[];
  readonly comments: readonly RowChange[];
}

/** What hangs on an issue, without the issue's own row. */
type Parts = Pick<IssueChange, 'labels' | 'dependencies' | 'comments'>;

/**
 * Puts changed rows together, issue by issue, sorted by id.
 *
 * @param titleOf title of an issue whose own row did not change
 */
export function issueChanges(rows: IssueRows, titleOf: (id: string) => string): IssueChange[] {
  const parts = collectParts(rows);
  const own = new Map(rows.issues.map((each) => [String((each.after ?? each.before)?.['id']), each]));
  return [...new Set([...own.keys(), ...parts.keys()])].sort(compareIds).map((id) => {
    const row = own.get(id);
    const hanging = parts.get(id) ?? {};
    if (!row) return { id, title: titleOf(id), change: 'modified', fields: [], ...hanging };
    const { before, after } = row;
    return {
      id,
      title: String((after ?? before)?.['title'] ?? ''),
      change: row.change,
      ...(before ? { before: decodeIssue(before) } : {}),
      ...(after ? { after: decodeIssue(after) } : {}),
      fields: before && after ? fieldChanges(before, after) : [],
      ...hanging,
    };
  });
}

/** The issues of which only something that hangs on them changed. */
export function idsWithoutRow(rows: IssueRows): string[] {
  const own = new Set(rows.issues.map((each) => String((each.after ?? each.before)?.['id'])));
  return [...collectParts(rows).keys()].filter((id) => !own.has(id));
}

function collectParts(rows: IssueRows): Map<string, Parts> {
  const all = new Map<string, Parts>();
  const partsOf = (change: RowChange): Parts => {
    const id = String((change.after ?? change.before)?.['issue_id']);
    const known = all.get(id);
    if (known) return known;
    const fresh: Parts = {};
    all.set(id, fresh);
    return fresh;
  };
  for (const each of rows.labels) {
    const parts = partsOf(each);
    parts.labels = withChange(parts.labels, each, (row) => String(row['label']));
  }
  for (const each of rows.dependencies) {
    const parts = partsOf(each);
    parts.dependencies = withChange(parts.dependencies, each, decodeDependency);
  }
  for (const each of rows.comments) {
    const parts = partsOf(each);
    parts.comments = withChange(parts.comments, each, decodeComment);
  }
  return all;
}

function withChange<T>(
  known: PartChanges<T> | undefined,
  { before, after }: RowChange,
  decode: (row: Row) => T,
): PartChanges<T> {
  const changes = known ?? { added: [], removed: [] };
  if (before && after)
    changes.modified = [...(changes.modified ?? []), { before: decode(before), after: decode(after) }];
  else if (after) changes.added.push(decode(after));
  else if (before) changes.removed.push(decode(before));
  return changes;
}
