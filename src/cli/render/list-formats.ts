import type { ListedIssue } from '../../beads/query/listed.ts';
import { AppError } from '../../errors.ts';

/**
 * Issues in a form for other programs: `digraph` (lines of two ids, for golang.org/x/tools/cmd/digraph),
 * `dot` (Graphviz), or a template with fields, `{{.ID}} {{.Title}}`, one line for each issue.
 *
 * @throws AppError VALIDATION for a template with anything but fields
 */
export function renderFormat(issues: readonly ListedIssue[], format: string): string {
  if (format === 'digraph') return digraph(issues);
  if (format === 'dot') return dot(issues);
  if (format.includes('{{')) return issues.map((issue) => fill(format, issue)).join('\n');
  throw new AppError('VALIDATION', `unknown format "${format}"`, {
    hint: "use digraph, dot, or a template such as '{{.ID}} {{.Title}}'",
  });
}

function digraph(issues: readonly ListedIssue[]): string {
  return issues
    .flatMap((issue) => [issue.id, ...(issue.dependencies ?? []).map((each) => `${issue.id} ${each.depends_on_id}`)])
    .join('\n');
}

function dot(issues: readonly ListedIssue[]): string {
  const known = new Set(issues.map(({ id }) => id));
  const nodes = issues.map(
    (issue) => `  ${quoted(issue.id)} [label=${quoted(`${issue.id}\n${issue.title}`)}, shape=${shapeOf(issue)}];`,
  );
  const edges = issues.flatMap((issue) =>
    (issue.dependencies ?? [])
      .filter((each) => known.has(each.depends_on_id))
      .map((each) => `  ${quoted(issue.id)} -> ${quoted(each.depends_on_id)} [label=${quoted(each.type)}];`),
  );
  return ['digraph issues {', '  rankdir=LR;', ...nodes, ...edges, '}'].join('\n');
}

function shapeOf(issue: ListedIssue): string {
  return issue.issue_type === 'epic' ? 'folder' : 'box';
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function fill(template: string, issue: ListedIssue): string {
  const fields: Readonly<Record<string, unknown>> = { ...issue };
  return template.replace(/\{\{\s*(.*?)\s*\}\}/g, (_whole, inner: string) => {
    const name = /^\.([A-Za-z]+)$/.exec(inner)?.[1];
    if (name === undefined) {
      throw new AppError('VALIDATION', `"{{${inner}}}" is not a field`, {
        hint: 'fields look like {{.ID}}, {{.IssueType}}',
      });
    }
    const value = fields[keyOf(name)];
    return value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  });
}

/** `IssueType` as the key of the JSON: `issue_type`. */
function keyOf(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}
