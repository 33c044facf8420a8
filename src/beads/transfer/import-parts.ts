import type { Queryable } from '../../database/types.ts';
import type { Comment, Dependency } from '../issue.ts';
import { readComments, readDependencies, readLabels } from '../query/related.ts';
import { byTables, type IssueTables } from '../tables.ts';
import { insertRows } from '../write/insert-rows.ts';
import type { Writing } from '../write/record.ts';
import { derivedCommentId } from './decode-parts.ts';
import type { PlacedEntry } from './import-batch.ts';

/** Inserts the labels, dependencies and comments of new issues. */
export async function insertParts(w: Writing, entries: readonly PlacedEntry[]): Promise<void> {
  for (const [tables, members] of byTables(entries)) await insertAll(w, tables, members);
}

/**
 * Adds to the labels, dependencies and comments of issues that are there. A dependency that is there
 * in another kind, or with other details, becomes as it is in the file.
 */
export async function mergeParts(w: Writing, entries: readonly PlacedEntry[]): Promise<void> {
  for (const [tables, members] of byTables(entries)) {
    const ids = members.map(({ issue }) => issue.id);
    const labels = await readLabels(w.tx, [tables], ids);
    const dependencies = await readDependencies(w.tx, [tables], ids);
    const comments = await readComments(w.tx, [tables], ids);
    const missing = members.map((entry) => {
      const { id } = entry.issue;
      const known = new Set(labels.get(id));
      const edges = new Set((dependencies.get(id) ?? []).map(edgeText));
      const told = new Set((comments.get(id) ?? []).map((comment) => comment.id));
      return {
        ...entry,
        labels: entry.labels.filter((label) => !known.has(label)),
        dependencies: entry.dependencies.filter((each) => !edges.has(edgeText(each))),
        comments: entry.comments.filter((comment) => !told.has(comment.id)),
      };
    });
    await insertAll(w, tables, missing);
  }
}

const DEPENDENCY_COLUMNS = ['issue_id', 'depends_on_id', 'type', 'created_at', 'created_by', 'metadata', 'thread_id'];
const REPLACE_EDGE = `ON DUPLICATE KEY UPDATE ${DEPENDENCY_COLUMNS.slice(2)
  .map((column) => `${column} = VALUES(${column})`)
  .join(', ')}`;
// Not INSERT IGNORE: that cuts a text which does not fit.
const KEEP_COMMENT = 'ON DUPLICATE KEY UPDATE id = VALUES(id)';
const COMMENT_COLUMNS = ['id', 'issue_id', 'author', 'text', 'created_at'];

async function insertAll(w: Writing, tables: IssueTables, entries: readonly PlacedEntry[]): Promise<void> {
  const labels = entries.flatMap(({ issue, labels: own }) => own.map((label) => [issue.id, label]));
  const edges = entries.flatMap(({ dependencies }) => dependencies.map(dependencyRow));
  const comments = (
    await withFreeIds(
      w.tx,
      tables.comments,
      entries.flatMap((entry) => entry.comments),
    )
  ).map(commentRow);
  const inserted = async (table: string, work: Promise<number>) => {
    if ((await work) > 0) w.changed(table);
  };
  await inserted(tables.labels, insertRows(w.tx, tables.labels, ['issue_id', 'label'], labels, 'INSERT IGNORE'));
  await inserted(
    tables.dependencies,
    insertRows(w.tx, tables.dependencies, DEPENDENCY_COLUMNS, edges, 'INSERT', REPLACE_EDGE),
  );
  await inserted(tables.comments, insertRows(w.tx, tables.comments, COMMENT_COLUMNS, comments, 'INSERT', KEEP_COMMENT));
}

// Of this length it is a UUID, which nobody else has.
const UUID_LENGTH = 36;

/** A short id may be that of another issue's comment, which is not to be lost: then it gets an id of its own. */
async function withFreeIds(tx: Queryable, table: string, comments: readonly Comment[]): Promise<Comment[]> {
  const short = comments.filter(({ id }) => id.length < UUID_LENGTH).map(({ id }) => id);
  if (short.length === 0) return [...comments];
  const places = short.map(() => '?').join(', ');
  const rows = await tx.query(`SELECT id, issue_id FROM ${table} WHERE id IN (${places})`, short);
  const owners = new Map(rows.map((row) => [String(row['id']), String(row['issue_id'])]));
  return comments.map((comment) => {
    const owner = owners.get(comment.id) ?? comment.issue_id;
    owners.set(comment.id, owner);
    return owner === comment.issue_id ? comment : { ...comment, id: derivedCommentId(comment.id, comment) };
  });
}

function dependencyRow(dependency: Dependency): string[] {
  const { issue_id, depends_on_id, type, created_at, created_by, metadata, thread_id } = dependency;
  return [issue_id, depends_on_id, type, sqlDatetime(created_at), created_by ?? '', metadata ?? '{}', thread_id ?? ''];
}

function commentRow(comment: Comment): string[] {
  return [comment.id, comment.issue_id, comment.author, comment.text, sqlDatetime(comment.created_at)];
}

/** The RFC 3339 of a decoded line is in UTC and whole seconds. */
function sqlDatetime(time: string): string {
  return time.slice(0, 19).replace('T', ' ');
}

function edgeText(dependency: Dependency): string {
  const { depends_on_id, type, created_at, created_by, metadata, thread_id } = dependency;
  const data = JSON.stringify(JSON.parse(metadata ?? '{}'));
  return JSON.stringify([depends_on_id, type, created_at, created_by ?? '', data, thread_id ?? '']);
}
