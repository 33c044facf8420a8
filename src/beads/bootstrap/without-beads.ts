import { shownUrl } from '../../database/remote-url.ts';
import { connectTarget } from '../workspace/connect.ts';
import { databasePath } from '../workspace/describe.ts';
import { findGitTree } from '../workspace/git-dir.ts';
import { initBeads } from '../workspace/init.ts';
import { type InitOptions, planInit } from '../workspace/init-plan.ts';
import type { Location } from '../workspace/locate.ts';
import type { BootstrapResult } from './bootstrap.ts';
import { originWithIssues } from './git-origin.ts';

export interface WithoutBeadsOptions extends Pick<InitOptions, 'dir' | 'env' | 'actor' | 'findDolt' | 'findRig'> {
  /** Tell what would be done, and do nothing. */
  dryRun: boolean;
}

/**
 * Makes `.beads` and its database in a clone of a repository that has no `.beads` among its files,
 * but whose git origin carries issues.
 *
 * @returns undefined where it carries none
 * @throws AppError REMOTE_UNREACHABLE, ACCESS_DENIED, REMOTE_TIMEOUT, SERVER_UNREACHABLE, DOLT_NOT_FOUND
 */
export async function bootstrapWithoutBeads(
  options: WithoutBeadsOptions,
): Promise<(BootstrapResult & { location: Location }) | undefined> {
  const { env } = options;
  const tree = findGitTree(options.dir);
  const root = tree?.mainRoot ?? tree?.root;
  const url = root && (await originWithIssues(root, env));
  if (!url) return undefined;
  const init: InitOptions = { ...options, dir: root, remote: url, skipAgents: true };
  const { beadsDir, target, settings } = await planInit(init);
  const location: Location = { beadsDir, root, source: 'directory', redirectedFrom: undefined, settings, target };
  const plan = {
    action: 'sync' as const,
    reason: `git origin is ${shownUrl(url)}`,
    source: { url, from: 'git origin' as const },
    jsonlFile: undefined,
    database: databasePath(location),
    location,
  };
  if (options.dryRun) return { ...plan, made: undefined };
  const { projectId } = await initBeads(init);
  const { db } = await connectTarget(target, { ...init, settings, purpose: 'bd bootstrap' });
  try {
    const [row] = await db.query(
      `SELECT DOLT_HASHOF('HEAD') AS head, ACTIVE_BRANCH() AS branch, (SELECT COUNT(*) FROM issues) AS issues`,
    );
    const [head, branch] = [String(row?.['head']), String(row?.['branch'])];
    return { ...plan, made: { cloned: true, projectId, issues: Number(row?.['issues']), head, branch } };
  } finally {
    await db.close();
  }
}
