import { AppError, messageOf } from '../../errors.ts';

/** One issue of a plan, under a name of the plan's own. */
export interface PlanNode {
  key: string;
  title: string;
  type?: string;
  description?: string;
  assignee?: string;
  priority?: number;
  labels?: string[];
  metadata?: Record<string, unknown>;
  /** Metadata whose values are the ids of other nodes, given by their keys. */
  metadata_refs?: Record<string, string>;
  parent_key?: string;
  parent_id?: string;
}

/** "from depends on to"; each end is a node's key or the id of an issue that exists. */
export interface PlanEdge {
  from_key?: string;
  from_id?: string;
  to_key?: string;
  to_id?: string;
  /** Default `blocks`. */
  type?: string;
}

/** Issues and dependencies that are created together: `bd create --graph plan.json`. */
export interface GraphPlan {
  commit_message?: string;
  nodes: PlanNode[];
  edges: PlanEdge[];
  /** Fields of the text that mean nothing and were left out. */
  warnings: string[];
}

const TEXT = 'string';
const FIELDS = {
  plan: { commit_message: TEXT, nodes: 'array', edges: 'array' },
  node: {
    key: TEXT,
    title: TEXT,
    type: TEXT,
    description: TEXT,
    assignee: TEXT,
    // The Go bd assigns such an issue in a second step; here all of a plan is one step.
    assign_after_create: 'boolean',
    priority: 'number',
    labels: 'array',
    metadata: 'object',
    metadata_refs: 'object',
    parent_key: TEXT,
    parent_id: TEXT,
  },
  edge: { from_key: TEXT, from_id: TEXT, to_key: TEXT, to_id: TEXT, type: TEXT },
} as const;

/**
 * Reads and checks a plan. What needs the database (types, ids that exist) is checked when it is
 * carried out.
 *
 * @throws AppError VALIDATION
 */
export function parseGraphPlan(json: string): GraphPlan {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch (error) {
    throw invalid(`it is not JSON: ${messageOf(error)}`, error);
  }
  const warnings: string[] = [];
  const plan = checkFields(document, 'plan', 'plan', warnings);
  const nodes = list(plan['nodes'], 'nodes').map((node, index) => {
    // checkFields has checked each field that it let through.
    const checked = checkFields(node, 'node', `node ${index}`, warnings) as unknown as PlanNode;
    if (!checked.key) throw invalid(`node ${index} has empty key`);
    if (!checked.title) throw invalid(`node "${checked.key}" has empty title`);
    for (const label of checked.labels ?? [])
      if (typeof label !== 'string') throw invalid(`node "${checked.key}": labels must be texts`);
    return checked;
  });
  const edges = list(plan['edges'] ?? [], 'edges').map(
    (edge, index) => checkFields(edge, 'edge', `edge ${index}`, warnings) as PlanEdge,
  );
  if (nodes.length === 0) throw invalid('plan has no nodes');
  checkReferences(nodes, edges);
  const message = plan['commit_message'];
  return {
    nodes,
    edges,
    warnings,
    ...(typeof message === 'string' && message !== '' ? { commit_message: message } : {}),
  };
}

function checkReferences(nodes: readonly PlanNode[], edges: readonly PlanEdge[]): void {
  const keys = new Set<string>();
  for (const { key } of nodes) {
    if (keys.has(key)) throw invalid(`duplicate node key "${key}"`);
    keys.add(key);
  }
  for (const { key, parent_key: parent, metadata_refs: references = {} } of nodes) {
    if (parent && !keys.has(parent)) throw invalid(`node "${key}": parent key "${parent}" not found in plan`);
    for (const [field, reference] of Object.entries(references)) {
      if (!keys.has(reference)) {
        throw invalid(`node "${key}": metadata ref "${field}" references unknown key "${reference}"`);
      }
    }
  }
  for (const [index, edge] of edges.entries()) {
    for (const end of ['from', 'to'] as const) {
      const key = edge[`${end}_key`];
      if (key && !keys.has(key)) throw invalid(`edge ${index}: ${end} key "${key}" not found in plan`);
      if (!key && !edge[`${end}_id`]) throw invalid(`edge ${index}: must specify ${end}_key or ${end}_id`);
    }
  }
}

function checkFields(
  value: unknown,
  kind: keyof typeof FIELDS,
  where: string,
  warnings: string[],
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(`${where} is not an object`);
  const known = new Map<string, string>(Object.entries(FIELDS[kind]));
  const checked: Record<string, unknown> = {};
  for (const [field, member] of Object.entries(value)) {
    const wanted = known.get(field);
    if (wanted === undefined) warnings.push(`graph plan: ${where} has an unknown field "${field}", which is left out`);
    else if (member !== null && kindOf(member) !== wanted)
      throw invalid(`${where}: "${field}" must be of type ${wanted}`);
    else if (member !== null) checked[field] = member;
  }
  return checked;
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : typeof value;
}

function list(value: unknown, field: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(`"${field}" must be an array`);
}

function invalid(message: string, cause?: unknown): AppError {
  return new AppError('VALIDATION', `invalid graph plan: ${message}`, cause === undefined ? {} : { cause });
}
