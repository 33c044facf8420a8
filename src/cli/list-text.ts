import type { BeadsContext } from '../beads/context.ts';
import { ALL_PARTS, type ListedIssue, type ListedParts } from '../beads/query/listed.ts';
import { readOpenLinks } from '../beads/query/open-links.ts';
import type { Paint } from './style.ts';

/** How a list is shown. */
export interface ListStyle {
  readonly json: boolean;
  readonly flat: boolean;
  readonly long: boolean;
  readonly tree: boolean;
  readonly pretty: boolean;
  readonly format?: string | undefined;
}

/** What a style needs of each issue. */
export function listParts(style: ListStyle): ListedParts {
  if (style.json || style.format !== undefined) return ALL_PARTS;
  return { fields: style.long, labels: isFlat(style) || style.long, dependencies: true, counts: false };
}

/** The text of a list. */
export async function listText(
  ctx: BeadsContext,
  issues: readonly ListedIssue[],
  style: ListStyle,
  paint: Paint,
): Promise<string> {
  if (style.format !== undefined) {
    const { renderFormat } = await import('./render/list-formats.ts');
    return renderFormat(issues, style.format);
  }
  const { renderFlat, renderLong, renderTree } = await import('./render/list.ts');
  if (!isFlat(style) && !style.long) return renderTree(issues, paint, process.stdout.columns);
  const links = await readOpenLinks(
    ctx,
    issues.map(({ id }) => id),
  );
  return style.long ? renderLong(issues, links, paint) : renderFlat(issues, links, paint);
}

function isFlat(style: ListStyle): boolean {
  return (style.flat || !style.tree) && !style.pretty;
}
