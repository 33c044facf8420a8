import type { BeadsContext } from '../beads/context.ts';
import type { LinkedIssue } from '../beads/query/links.ts';
import { childrenOf, type ShownIssue } from '../beads/query/show.ts';
import { readThread } from '../beads/query/thread.ts';
import { issueLine, oneLine, printable } from './render/marks.ts';
import { renderShort, renderShow } from './render/show.ts';
import type { Paint } from './style.ts';

/** The flags of `bd show` that choose what is shown of an issue. */
export interface ShowView {
  readonly short: boolean;
  readonly long: boolean;
  readonly children: boolean;
  readonly refs: boolean;
  readonly thread: boolean;
  readonly 'local-time': boolean;
}

export async function renderShowAs(
  ctx: BeadsContext,
  issues: readonly ShownIssue[],
  view: ShowView,
  paint: Paint,
): Promise<string> {
  if (view.children) return issues.map((issue) => children(issue, paint)).join('\n\n');
  if (view.refs) return issues.map((issue) => references(issue, paint)).join('\n\n');
  if (view.thread) {
    const threads = await Promise.all(issues.map((issue) => readThread(ctx, issue.id)));
    return threads.map((messages) => messages.map(message).join('\n\n')).join('\n\n');
  }
  if (view.short) return renderShort(issues, paint);
  return renderShow(issues, paint, { localTime: view['local-time'], long: view.long });
}

/** `--children` as JSON: the children by the id of their parent. */
export function childrenDocument(issues: readonly ShownIssue[]): Record<string, LinkedIssue[]> {
  return Object.fromEntries(issues.map((issue) => [issue.id, childrenOf(issue.dependents ?? [])]));
}

function children(issue: ShownIssue, paint: Paint): string {
  const own = childrenOf(issue.dependents ?? []);
  if (own.length === 0) return `No children found for ${issue.id}`;
  return [`Children of ${issue.id} (${own.length}):`, ...own.map((child) => `  ↳ ${issueLine(child, paint)}`)].join(
    '\n',
  );
}

function references(issue: ShownIssue, paint: Paint): string {
  const dependents = issue.dependents ?? [];
  if (dependents.length === 0) return `No references to ${issue.id} found`;
  const kinds = [...new Set(dependents.map((link) => link.dependency_type))].sort();
  const lines = kinds.flatMap((kind) => [
    `  ${kind}:`,
    ...dependents.filter((link) => link.dependency_type === kind).map((link) => `    ${issueLine(link, paint)}`),
  ]);
  return [`References to ${issue.id}:`, ...lines].join('\n');
}

function message(issue: {
  sender?: string;
  created_by?: string;
  created_at: string;
  title: string;
  description?: string;
}): string {
  const from = issue.sender ?? issue.created_by ?? 'unknown';
  const head = `[${from}] at ${issue.created_at.slice(0, 16).replace('T', ' ')}: ${oneLine(issue.title)}`;
  return issue.description ? `${head}\n${printable(issue.description).replace(/^/gm, '  ')}` : head;
}
