import type { DependencyTree, TreeNode } from '../../beads/query/dependency-tree.ts';
import type { Paint } from '../style.ts';
import { told } from './dependencies.ts';
import { oneLine } from './marks.ts';

/** A tree with the kind of each dependency behind the issue that it leads to. */
export function renderDependencyTree(tree: DependencyTree, paint: Paint): string {
  const [root, ...nodes] = tree.nodes;
  if (!root) return '';
  const state = tree.blocked ? paint('red', '[BLOCKED]') : root.status === 'open' ? paint('green', '[READY]') : '';
  const lines = nodes.map((node, index) => {
    const edge = node.edge_from_parent ? paint('dim', ` [${node.edge_from_parent}]`) : '';
    return `    ${branches(nodes, index)}${told(node, paint)}${edge}${node.truncated ? paint('dim', ' …') : ''}`;
  });
  const head = `🌲 Dependency tree for ${root.id}:`;
  return [head, '', `${told(root, paint)} ${state}`.trimEnd(), ...lines].join('\n');
}

/** The tree as a Mermaid flow chart: https://mermaid.js.org/syntax/flowchart.html */
export function renderMermaid(tree: DependencyTree): string {
  const names = new Map<string, string>();
  for (const { id } of tree.nodes) if (!names.has(id)) names.set(id, `n${names.size}`);
  const shown = new Set<string>();
  const boxes = tree.nodes
    .filter(({ id }) => !shown.has(id) && shown.add(id))
    .map((node) => `  ${names.get(node.id)}["${mermaidText(node)}"]`);
  const edges = tree.nodes
    .filter((node) => node.parent_id !== '')
    .map((node) => `  ${names.get(node.parent_id)} -->|${node.edge_from_parent}| ${names.get(node.id)}`);
  return ['flowchart TD', ...boxes, ...edges].join('\n');
}

/** The lines that lead to a node: whether each level above goes on after it. */
function branches(nodes: readonly TreeNode[], index: number): string {
  const depth = nodes[index]?.depth ?? 1;
  let lead = '';
  for (let level = 1; level <= depth; level += 1) {
    const goesOn = continues(nodes, index, level);
    if (level === depth) lead += goesOn ? '├── ' : '└── ';
    else lead += goesOn ? '│   ' : '    ';
  }
  return lead;
}

function continues(nodes: readonly TreeNode[], index: number, level: number): boolean {
  for (const node of nodes.slice(index + 1)) {
    if (node.depth < level) return false;
    if (node.depth === level) return true;
  }
  return false;
}

function mermaidText(node: TreeNode): string {
  const text = `${node.id}: ${oneLine(node.title)} (${node.status})`;
  return text.replaceAll('&', '#amp;').replaceAll('"', '#quot;').replaceAll('<', '#lt;').replaceAll('>', '#gt;');
}
