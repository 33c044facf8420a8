import type { BeadsContext } from '../beads/context.ts';
import { countIssues } from '../beads/query/count.ts';
import { readLayers } from '../beads/query/layers.ts';
import { readLinks } from '../beads/query/links.ts';
import type { ReadyResult } from '../beads/query/ready.ts';
import { readTitles } from '../beads/query/titles.ts';
import type { ReadyText } from './render/ready.ts';

/** Reads what the text of `bd ready` needs beside the issues. */
export async function readyText(ctx: BeadsContext, ready: ReadyResult): Promise<ReadyText> {
  const parents = new Set(ready.issues.flatMap(({ parent }) => parent ?? []));
  return {
    ...ready,
    parentTitles: await readTitles(ctx, parents),
    anyOpen: ready.issues.length > 0 || (await countIssues(ctx, { statuses: ['open'] })) > 0,
  };
}

/** The work that depends on a gate: it is ready because the gate is closed. */
export async function gatedOnly(ctx: BeadsContext, ready: ReadyResult): Promise<ReadyResult> {
  const ids = ready.issues.map(({ id }) => id);
  const links = await readLinks(ctx.db, await readLayers(ctx.db), ids, 'down');
  const issues = ready.issues.filter(({ id }) => links.get(id)?.some((link) => link.issue_type === 'gate'));
  return { issues, more: ready.more };
}
