import { join } from 'node:path';
import { type Endpoint, endpointText } from './endpoint.ts';
import { findGitTree, type GitTree } from './git-dir.ts';
import type { Location } from './locate.ts';

/** Where the issues are: a directory, or an address without the password. */
export function databasePath({ target }: Location): string {
  if (target.mode === 'embedded') return join(target.dataDir, target.database);
  return `${serverText(target.endpoint)}/${target.database}`;
}

/** `mysql://root@127.0.0.1:3307`, or `root@/path/of/socket`. */
export function serverText(endpoint: Endpoint): string {
  const at = `${endpoint.user}@${endpointText(endpoint)}`;
  return endpoint.socket ? at : `mysql://${at}`;
}

/** What `bd context` tells, its keys as in the JSON of the Go `bd`. */
export interface WorkspaceContext {
  backend: 'dolt';
  bd_version: string;
  beads_dir: string;
  cwd_repo_root: string;
  database: string;
  dolt_mode: 'embedded' | 'server';
  is_redirected: boolean;
  is_worktree: boolean;
  project_id: string;
  repo_root: string;
  role: string;
  server_host: string;
  server_port: number;
}

/** Collects what a workspace is, from its files alone: nothing is connected to. */
export async function describeWorkspace(location: Location, dir: string, version: string): Promise<WorkspaceContext> {
  const tree: GitTree | undefined = findGitTree(dir);
  const { getGitSetting } = await import('./git-command.ts');
  const { target } = location;
  const endpoint = target.mode === 'server' ? target.endpoint : undefined;
  return {
    backend: 'dolt',
    bd_version: version,
    beads_dir: location.beadsDir ?? '',
    cwd_repo_root: tree?.root ?? '',
    database: target.database,
    dolt_mode: target.mode,
    is_redirected: location.redirectedFrom !== undefined,
    is_worktree: tree?.mainRoot !== undefined,
    project_id: location.settings.metadata?.project_id ?? '',
    repo_root: location.root ?? '',
    role: tree ? ((await getGitSetting(tree.root, 'beads.role')) ?? '') : '',
    server_host: endpoint?.host ?? '',
    server_port: endpoint?.port ?? 0,
  };
}
