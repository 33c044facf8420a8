import { createHash } from 'node:crypto';
import { AppError } from '../../errors.ts';
import { requireFits } from '../field-limits.ts';
import type { Comment, Dependency, Issue } from '../issue.ts';
import { BLOCKING_TYPES } from '../vocabulary.ts';
import { Fields } from './fields.ts';

/**
 * The dependencies of a line, one for each target: a pair of issues has one kind of dependency, and
 * where an older file has several, the one that blocks is kept.
 */
export function decodeDependencies(list: readonly unknown[], issue: Issue): Dependency[] {
  const byTarget = new Map<string, Dependency>();
  for (const value of list) {
    const dependency = decodeDependency(new Fields(value), issue);
    const known = byTarget.get(dependency.depends_on_id);
    if (!known || (isBlocking(dependency) && !isBlocking(known))) byTarget.set(dependency.depends_on_id, dependency);
  }
  return [...byTarget.values()];
}

export function decodeComments(list: readonly unknown[], issue: Issue): Comment[] {
  return list.map((value) => decodeComment(value, issue));
}

function decodeDependency(fields: Fields, issue: Issue): Dependency {
  requireOwn(fields, issue, 'dependency');
  const metadata = fields.text('metadata') || '{}';
  requireJson(metadata);
  const dependency: Dependency = {
    issue_id: issue.id,
    depends_on_id: fields.required('depends_on_id'),
    type: fields.text('type') || 'blocks',
    created_at: fields.time('created_at') ?? issue.created_at,
    created_by: fields.text('created_by'),
    metadata,
    thread_id: fields.text('thread_id'),
  };
  requireFits('id', dependency.depends_on_id);
  requireFits('created_by', dependency.created_by ?? '');
  requireFits('thread_id', dependency.thread_id ?? '');
  if (dependency.type.length > 32) throw new AppError('VALIDATION', `invalid dependency type "${dependency.type}"`);
  return dependency;
}

function decodeComment(value: unknown, issue: Issue): Comment {
  const fields = new Fields(withTextId(value));
  requireOwn(fields, issue, 'comment');
  const text = fields.text('text');
  const author = fields.text('author');
  const created_at = fields.time('created_at') ?? issue.created_at;
  requireFits('text', text);
  requireFits('author', author);
  const id = fields.text('id');
  const made = { issue_id: issue.id, author, text, created_at };
  return { id: KEPT_ID.test(id) ? id : derivedCommentId(id, made), ...made };
}

// What the column holds. Numbers were counted by one database: in another they are somebody else's.
const KEPT_ID = /^(?!\d+$)[\x21-\x7e]{1,36}$/;

/** A part that names another issue would be moved to this one. */
function requireOwn(fields: Fields, issue: Issue, what: string): void {
  const owner = fields.text('issue_id');
  if (owner === '' || owner === issue.id) return;
  throw new AppError('VALIDATION', `a ${what} of issue "${owner}" is in the line of issue "${issue.id}"`);
}

/** Older files number their comments. */
function withTextId(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('id' in value) || typeof value.id !== 'number') return value;
  return { ...value, id: String(value.id) };
}

/** An id that importing the same comment again gives again: a UUID of version 8, from a hash. */
export function derivedCommentId(given: string, { issue_id, author, text, created_at }: Omit<Comment, 'id'>): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([given, { issue_id, author, text, created_at }]))
    .digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

function requireJson(text: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new AppError('VALIDATION', `the metadata of a dependency is not JSON: ${text.slice(0, 60)}`, {
      cause: error,
    });
  }
}

export function isBlocking(dependency: Dependency): boolean {
  return (BLOCKING_TYPES as readonly string[]).includes(dependency.type);
}
