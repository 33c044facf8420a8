import type { BeadsContext } from '../context.ts';
import type { Issue } from '../issue.ts';
import { findIssue } from '../lookup.ts';
import { BLOCKING_TYPES } from '../vocabulary.ts';
import { isActive } from './blocking.ts';
import { type Layer, readLayers } from './layers.ts';
import { type Direction, type LinkedIssue, readLinks } from './links.ts';

/** An issue at its place in a tree of dependencies. */
export interface TreeNode extends Issue {
  /** 0 for the root. */
  depth: number;
  /** Id of the issue above it in the tree; empty for the root. */
  parent_id: string;
  /** Kind of the dependency between it and the issue above. */
  edge_from_parent?: string;
  /** True: the depth hides what lies below it, or it closes a circle. */
  truncated: boolean;
}

export interface TreeOptions {
  direction?: Direction | 'both';
  /** How many levels below the root. Default 50. */
  maxDepth?: number;
  /** Show an issue at every place where it is reached, not only at the first. */
  allPaths?: boolean;
  /** Only issues in this status, and those on the way to them. */
  status?: string | undefined;
}

export interface DependencyTree {
  /** Root first, each issue before what lies below it. */
  readonly nodes: readonly TreeNode[];
  /** Whether an open issue blocks the root. */
  readonly blocked: boolean;
}

const DEFAULT_DEPTH = 50;

/**
 * The tree of what an issue depends on (`down`), of what depends on it (`up`), or both, one after
 * the other. One statement for each level.
 *
 * @param input id, whole or in part
 * @throws AppError NOT_FOUND
 */
export async function dependencyTree(
  ctx: BeadsContext,
  input: string,
  options: TreeOptions = {},
): Promise<DependencyTree> {
  const { issue } = await findIssue(ctx.db, input);
  const layers = await readLayers(ctx.db);
  const direction = options.direction ?? 'down';
  const root: TreeNode = { ...issue, depth: 0, parent_id: '', truncated: false };
  const nodes: TreeNode[] = [root];
  let below: LinkedIssue[] | undefined;
  for (const way of direction === 'both' ? (['down', 'up'] as const) : [direction]) {
    const links = await readLevels(ctx, layers, issue.id, way, options.maxDepth ?? DEFAULT_DEPTH);
    if (way === 'down') below = links.get(issue.id) ?? [];
    nodes.push(...preOrder(issue.id, links, options));
  }
  below ??= (await readLinks(ctx.db, layers, [issue.id], 'down')).get(issue.id) ?? [];
  const kept = options.status === undefined ? nodes : onTheWay(nodes, options.status);
  return { nodes: kept, blocked: below.some(blocks) };
}

/** The links of everything within reach, by id. */
async function readLevels(
  ctx: BeadsContext,
  layers: readonly Layer[],
  root: string,
  direction: Direction,
  maxDepth: number,
): Promise<Map<string, LinkedIssue[]>> {
  const links = new Map<string, LinkedIssue[]>();
  let level = [root];
  // One level more than is shown, so that a node knows whether it has more below.
  for (let depth = 0; depth <= maxDepth && level.length > 0; depth += 1) {
    const found = await readLinks(ctx.db, layers, level, direction);
    for (const [id, list] of found) links.set(id, list);
    level = [...new Set([...found.values()].flat().map(({ id }) => id))].filter((id) => !links.has(id));
  }
  return links;
}

function preOrder(root: string, links: ReadonlyMap<string, LinkedIssue[]>, options: TreeOptions): TreeNode[] {
  const nodes: TreeNode[] = [];
  const maxDepth = options.maxDepth ?? DEFAULT_DEPTH;
  const shown = new Set([root]);
  const visit = (id: string, depth: number, path: ReadonlySet<string>) => {
    for (const link of links.get(id) ?? []) {
      const repeated = options.allPaths ? path.has(link.id) : shown.has(link.id);
      if (repeated && !options.allPaths) continue;
      shown.add(link.id);
      const { dependency_type, ...issue } = link;
      const hasMore = (links.get(link.id) ?? []).some((each) => options.allPaths || !shown.has(each.id));
      const truncated = repeated || (depth >= maxDepth && hasMore);
      nodes.push({ ...issue, depth, parent_id: id, edge_from_parent: dependency_type, truncated });
      if (!truncated && depth < maxDepth) visit(link.id, depth + 1, new Set([...path, link.id]));
    }
  };
  if (maxDepth > 0) visit(root, 1, new Set([root]));
  return nodes;
}

/** The nodes in a status, the root, and the nodes between. */
function onTheWay(nodes: readonly TreeNode[], status: string): TreeNode[] {
  const keep = new Set<TreeNode>();
  const path: TreeNode[] = [];
  for (const node of nodes) {
    path.length = node.depth;
    path.push(node);
    if (node.status === status || node.depth === 0) for (const each of path) keep.add(each);
  }
  return nodes.filter((node) => keep.has(node));
}

function blocks(link: LinkedIssue): boolean {
  return (BLOCKING_TYPES as readonly string[]).includes(link.dependency_type) && isActive(link.status);
}
