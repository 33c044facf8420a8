import type { Issue } from '../issue.ts';
import type { IssueEntry } from './decode-line.ts';

/** What was written about an issue when it was made does not change afterwards. */
const ORIGIN: readonly string[] = ['created_at', 'created_by'];
/** What goes with being closed, and away with it. */
const OF_CLOSED = ['closed_at', 'close_reason', 'closed_by_session'] as const;

/**
 * An issue that is there, with the fields that a line has. A field that the line lacks stays as it
 * is, for absent is not empty; one that is null, or empty, is cleared. A line without a status leaves
 * a closed issue closed; one that is reopened by its status loses what went with being closed.
 *
 * @example merged(entryOf('{"id":"hm-1","title":"New"}'), known).description // as before
 */
export function merged({ issue, given }: Pick<IssueEntry, 'issue' | 'given'>, known: Issue): Issue {
  const line: Readonly<Record<string, unknown>> = { ...issue };
  const fields: Record<string, unknown> = { ...known };
  for (const name of given) {
    if (ORIGIN.includes(name) && fields[name] !== undefined) continue;
    if (line[name] !== undefined) fields[name] = line[name];
    else if (name !== 'closed_at') delete fields[name];
  }
  if (fields['status'] === 'closed') fields['closed_at'] ??= issue.closed_at ?? issue.updated_at;
  else {
    delete fields['closed_at'];
    if (known.status === 'closed') for (const name of OF_CLOSED) if (!given.has(name)) delete fields[name];
  }
  // Each field is one of a decoded line or of an issue that is there.
  return fields as unknown as Issue;
}
