import type { Location } from '../workspace/locate.ts';
import { databaseOfPrefix, prefixOfDirectory, readPrefix } from '../workspace/prefix.ts';

/**
 * The prefix of ids for a new database of a workspace that others know already: `issue-prefix` of
 * its settings, else what gives the name of its database, else the directory's name.
 *
 * @param root directory that holds `.beads`
 */
export function prefixFor({ settings, target }: Location, root: string): string {
  const configured = settings.value('issue-prefix') ?? settings.value('issue_prefix');
  if (configured) return readPrefix(configured);
  const ofDirectory = prefixOfDirectory(root);
  const named = settings.value('dolt.database') !== undefined;
  return !named || databaseOfPrefix(ofDirectory) === target.database ? ofDirectory : target.database;
}
