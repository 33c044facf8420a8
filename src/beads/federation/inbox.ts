import type { Beads } from '../beads.ts';
import { commitAll } from '../history/commit.ts';
import { mergeRevision } from '../history/merge.ts';
import type { Side } from '../history/merge-rules.ts';
import { INBOX } from './exchange.ts';

/**
 * Makes this town's inbox when it has wisps: peers push to it from then on, and not over the working
 * set, from which Dolt would drop every table that is not in its history.
 */
export async function keepInbox({ db }: Beads): Promise<void> {
  const [wisp] = await db.query('SELECT 1 AS one FROM wisps LIMIT 1').catch(() => []);
  if (wisp && !(await hasInbox(db))) await db.query("CALL DOLT_BRANCH(?, 'HEAD')", [INBOX]);
}

/**
 * Merges what peers left in the inbox.
 *
 * @returns whether there is one
 * @throws MergeConflictError when it contradicts what was done here since
 */
export async function takeInbox(
  beads: Beads,
  options: { readonly strategy?: Side | undefined; readonly choices?: ReadonlyMap<string, Side> | undefined },
): Promise<boolean> {
  if (!(await hasInbox(beads.db))) return false;
  await commitAll(beads, `bd: commit before federation sync by ${beads.actor}`);
  const message = `bd: take the federation inbox over by ${beads.actor}`;
  await mergeRevision(beads, { revision: INBOX, strategy: options.strategy, choices: options.choices, message });
  return true;
}

async function hasInbox(db: Beads['db']): Promise<boolean> {
  return (await db.query('SELECT 1 AS one FROM dolt_branches WHERE name = ?', [INBOX])).length > 0;
}
