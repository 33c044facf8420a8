import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

export interface DataDirSources {
  /** Value of `--data-dir`. */
  flag?: string | undefined;
  env: NodeJS.ProcessEnv;
  /** Directory that relative paths start from. */
  cwd: string;
}

/**
 * The town's data directory: `--data-dir`, then GT_DOLT_DATA_DIR, then `~/.dolt-data`.
 *
 * @returns an absolute path; it need not exist
 */
export function resolveDataDir(sources: DataDirSources): string {
  const given = sources.flag || sources.env['GT_DOLT_DATA_DIR'];
  const home = sources.env['HOME'] || homedir();
  return realPath(given ? resolve(sources.cwd, given.replace(/^~(?=\/|$)/, home)) : join(home, '.dolt-data'));
}

/** The path without symbolic links, also of what is not there yet: one town has one path. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(realPath(dirname(path)), basename(path));
  }
}

/**
 * Where everything of a town lives. Durable configuration and volatile state are kept apart.
 *
 * @example townPaths('/home/ann/.dolt-data').log('beads')
 */
export function townPaths(dataDir: string) {
  const gt = join(dataDir, '.gt');
  return {
    dataDir,
    config: join(dataDir, 'gt.yaml'),
    gt,
    supervisorSocket: join(gt, 'supervisor.sock'),
    supervisorState: join(gt, 'supervisor.json'),
    supervisorLog: join(gt, 'supervisor.log'),
    lock: (name: string) => join(gt, 'locks', name),
    stateDir: join(gt, 'state'),
    state: (rig: string) => join(gt, 'state', `${rig}.json`),
    serverConfig: (rig: string) => join(gt, 'config', `${rig}.yaml`),
    logDir: join(gt, 'logs'),
    log: (rig: string) => join(gt, 'logs', `${rig}.log`),
    /** What the scheduled syncs of a rig's project say, and what became of the last. */
    syncLog: (rig: string) => join(gt, 'logs', `${rig}.sync.log`),
    syncRecord: (rig: string) => join(gt, 'sync', `${rig}.json`),
    socket: (rig: string) => join(gt, 'sockets', `${rig}.sock`),
    /** Password of root of a rig, see secrets.ts. */
    secret: (rig: string) => join(gt, 'secrets', rig),
    /** The town's own certificate authority, and the certificates that it signed. */
    tls: (name: string) => join(gt, 'tls', name),
    /** HOME of the servers and of every `dolt` that we run: the user's Dolt configuration is never touched. */
    doltRoot: join(gt, 'dolt-root'),
    /** An empty directory: the only one that SQL may read files from. */
    noFiles: join(gt, 'no-files'),
    /** Where a new rig's database is made before it is moved to its place. */
    making: join(gt, 'making'),
    /** Rigs whose database was made or seen: a missing directory is then a loss, not a new rig. */
    knownRigs: join(gt, 'known-rigs.json'),
    /** Where backups go that are given no other place. */
    backup: (rig: string) => join(gt, 'backups', rig),
    /** Databases that a restore replaced, each as it was. */
    replaced: (name: string) => join(gt, 'replaced', name),
    rig: (rig: string) => join(dataDir, rig),
  } as const;
}

export type TownPaths = ReturnType<typeof townPaths>;
