/** The rules of `ready` and `blocked`, written down once more, slowly and over plain rows. */

export const NOW = new Date('2026-06-01T12:00:00Z');
const NOW_TEXT = '2026-06-01 12:00:00';

export interface Graph {
  readonly issues: readonly Record<string, unknown>[];
  readonly edges: readonly Record<string, unknown>[];
}

const NOT_WORK = ['merge-request', 'gate', 'molecule', 'message', 'agent', 'role', 'rig'];

export function naiveBlockers(graph: Graph, id: string): string[] {
  const found = new Set<string>();
  for (const edge of graph.edges.filter((each) => each['issue_id'] === id)) {
    const target = issueOf(graph, edge['depends_on_id']);
    if (!target) continue;
    if (edge['type'] === 'blocks' || edge['type'] === 'conditional-blocks') {
      if (isActive(target)) found.add(String(target['id']));
    }
    if (edge['type'] === 'waits-for') {
      const children = graph.edges
        .filter((each) => each['type'] === 'parent-child' && each['depends_on_id'] === target['id'])
        .map((each) => issueOf(graph, each['issue_id']))
        .filter((each) => each !== undefined);
      const anyChild = JSON.parse(String(edge['metadata'])).gate === 'any-children';
      const someActive = children.some(isActive);
      const someClosed = children.some((child) => child['status'] === 'closed');
      if (someActive && !(anyChild && someClosed)) found.add(String(target['id']));
    }
  }
  return [...found].sort();
}

export function naiveBlocked(graph: Graph): Record<string, string[]> {
  const entries = graph.issues
    .filter(isActive)
    .map((issue) => [String(issue['id']), naiveBlockers(graph, String(issue['id']))] as const)
    .filter(([, blockers]) => blockers.length > 0);
  return Object.fromEntries(entries);
}

export function naiveReady(graph: Graph, options: { includeDeferred: boolean; includeEphemeral: boolean }): string[] {
  const isLater = (issue: Record<string, unknown>) => String(issue['defer_until'] ?? '') > NOW_TEXT;
  const ready = graph.issues.filter((issue) => {
    const id = String(issue['id']);
    const parents = graph.edges
      .filter((edge) => edge['type'] === 'parent-child' && edge['issue_id'] === id)
      .map((edge) => issueOf(graph, edge['depends_on_id']))
      .filter((each) => each !== undefined);
    return (
      issue['status'] === 'open' &&
      issue['pinned'] !== 1 &&
      (options.includeEphemeral || issue['ephemeral'] !== 1) &&
      !NOT_WORK.includes(String(issue['issue_type'])) &&
      (options.includeDeferred || !isLater(issue)) &&
      (options.includeDeferred || !parents.some(isLater)) &&
      naiveBlockers(graph, id).length === 0 &&
      !parents.some((parent) => isActive(parent) && naiveBlockers(graph, String(parent['id'])).length > 0)
    );
  });
  return ready.sort(byOrder).map((issue) => String(issue['id']));
}

function issueOf(graph: Graph, id: unknown): Record<string, unknown> | undefined {
  return graph.issues.find((issue) => issue['id'] === id);
}

function isActive(issue: Record<string, unknown>): boolean {
  return issue['status'] !== 'closed' && issue['status'] !== 'pinned';
}

function byOrder(a: Record<string, unknown>, b: Record<string, unknown>): number {
  if (a['priority'] !== b['priority']) return Number(a['priority']) - Number(b['priority']);
  const [first, second] = [String(a['created_at']), String(b['created_at'])];
  if (first !== second) return first > second ? -1 : 1;
  return String(a['id']) < String(b['id']) ? -1 : 1;
}
