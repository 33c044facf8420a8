import type { BeadsContext } from '../context.ts';
import { together } from '../write/write.ts';
import { createIssues } from './create.ts';
import { addDependencies } from './dependencies.ts';
import type { GraphPlan, PlanEdge } from './graph-plan.ts';
import { updateIssues } from './update.ts';

/**
 * Creates all issues and dependencies of a plan, in one write: all or none.
 *
 * @returns the id of each node, by key
 * @throws AppError VALIDATION, NOT_FOUND, …
 * @example const { ids } = await createGraph(ctx, parseGraphPlan(text));
 */
export async function createGraph(ctx: BeadsContext, plan: GraphPlan): Promise<{ ids: Record<string, string> }> {
  const work = async (inner: BeadsContext) => {
    const issues = await createIssues(
      inner,
      plan.nodes.map((node) => ({
        title: node.title,
        issue_type: node.type,
        description: node.description,
        assignee: node.assignee,
        priority: node.priority,
        labels: node.labels,
        metadata: node.metadata,
      })),
    );
    const ids = new Map(plan.nodes.map(({ key }, index) => [key, issues[index]?.id ?? '']));
    for (const node of plan.nodes) {
      const references = Object.entries(node.metadata_refs ?? {});
      if (references.length === 0) continue;
      const set = Object.fromEntries(references.map(([field, key]) => [field, ids.get(key)]));
      await updateIssues(inner, [ids.get(node.key) ?? ''], { set_metadata: set });
    }
    const idOf = (key: string | undefined, id: string | undefined) => id || ids.get(key ?? '') || '';
    const edges = plan.edges.map((edge: PlanEdge) => ({
      issue: idOf(edge.from_key, edge.from_id),
      dependsOn: idOf(edge.to_key, edge.to_id),
      type: edge.type ?? 'blocks',
    }));
    const parents = plan.nodes
      .filter((node) => node.parent_key || node.parent_id)
      .map((node) => ({
        issue: ids.get(node.key) ?? '',
        dependsOn: node.parent_key ? (ids.get(node.parent_key) ?? '') : (node.parent_id ?? ''),
        type: 'parent-child',
      }));
    if (edges.length + parents.length > 0) await addDependencies(inner, [...edges, ...parents]);
    return { ids: Object.fromEntries(ids) };
  };
  return together(ctx, 'create', work, plan.commit_message === undefined ? {} : { message: plan.commit_message });
}

/** What a plan would create, without asking the database. */
export function previewGraph(plan: GraphPlan) {
  return {
    dry_run: true,
    node_count: plan.nodes.length,
    edge_count: plan.edges.length,
    parent_deps: plan.nodes.filter((node) => node.parent_key || node.parent_id).length,
    nodes: plan.nodes.map(({ key, title, type = 'task', priority = 2, parent_key, parent_id }) => ({
      key,
      title,
      type,
      priority,
      ...(parent_key ? { parent_key } : {}),
      ...(parent_id ? { parent_id } : {}),
    })),
  };
}
