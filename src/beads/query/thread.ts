import type { BeadsContext } from '../context.ts';
import type { Issue } from '../issue.ts';
import { loadIssues } from '../lookup.ts';
import { readLayers } from './layers.ts';
import { readLinks } from './links.ts';

/**
 * The conversation that a message is part of: everything connected with it by `replies-to`, in the
 * order of time. An issue without replies is a conversation of one.
 *
 * @param id a whole id
 */
export async function readThread(ctx: BeadsContext, id: string): Promise<Issue[]> {
  const layers = await readLayers(ctx.db);
  const seen = new Set([id]);
  let level = [id];
  while (level.length > 0) {
    const next: string[] = [];
    for (const direction of ['down', 'up'] as const) {
      for (const links of (await readLinks(ctx.db, layers, level, direction)).values()) {
        for (const link of links) {
          if (link.dependency_type !== 'replies-to' || seen.has(link.id)) continue;
          seen.add(link.id);
          next.push(link.id);
        }
      }
    }
    level = next;
  }
  const issues = [...(await loadIssues(ctx.db, [...seen])).values()].map(({ issue }) => issue);
  return issues.sort((a, b) =>
    a.created_at === b.created_at ? (a.id < b.id ? -1 : 1) : a.created_at < b.created_at ? -1 : 1,
  );
}
