import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { TownPaths } from '../town/data-dir.ts';
import { inspectProcess, type ProcessDetails } from '../util/process-identity.ts';

/** A `dolt sql-server` on a rig's database that `gt` did not start. */
export interface HandStartedServer {
  readonly pid: number;
  readonly startTime: string;
  readonly executable: string;
  /** Working directory of the process. */
  readonly cwd: string;
  readonly port: number;
  readonly argv: readonly string[];
}

/**
 * Finds a server that somebody started by hand on a rig: `cd RIG && dolt sql-server`, one with `--data-dir` or `--config`, or one for
 * the whole data dir. Dolt notes pid and port of the server in `.dolt/sql-server.info` of its data
 * directory as `pid:port:secret`; that it is there proves nothing, so the process is looked at.
 *
 * @returns undefined when there is none, or its identity cannot be verified
 */
export async function findHandStarted(paths: TownPaths, rig: string): Promise<HandStartedServer | undefined> {
  return (await findServerOf(paths.rig(rig))) ?? (await findServerOf(paths.dataDir));
}

async function findServerOf(directory: string): Promise<HandStartedServer | undefined> {
  const noted = await readInfo(directory);
  if (!noted) return undefined;
  const details = await inspectProcess(noted.pid).catch(() => undefined);
  if (!details?.cwd || !isDoltServer(details) || (await serverDirectory(details)) !== realPath(directory))
    return undefined;
  const { pid, startTime, executable = '', cwd, argv } = details;
  return { pid, startTime, executable, cwd, port: noted.port, argv };
}

async function readInfo(directory: string): Promise<{ pid: number; port: number } | undefined> {
  const text = await readFile(join(directory, '.dolt', 'sql-server.info'), 'utf8').catch(() => '');
  const match = /^(\d+):(\d+):/.exec(text);
  return match ? { pid: Number(match[1]), port: Number(match[2]) } : undefined;
}

export function isDoltServer(details: ProcessDetails): boolean {
  return isDoltProgram(details) && details.argv.includes('sql-server');
}

export function isDoltProgram(details: ProcessDetails): boolean {
  return basename(details.executable ?? details.argv[0] ?? '').startsWith('dolt');
}

/**
 * The data directory of a running `dolt sql-server`: what its command line says, or the file that
 * the command line names with `--config`, or else where it works.
 */
export async function serverDirectory({ cwd, argv }: ProcessDetails): Promise<string | undefined> {
  if (cwd === undefined) return undefined;
  const file = option(argv, '--config');
  const given = option(argv, '--data-dir') ?? (file ? await dataDirIn(resolve(cwd, file)) : undefined);
  return realPath(given ? resolve(cwd, given) : cwd);
}

/** `--name VALUE` or `--name=VALUE`. */
function option(argv: readonly string[], name: string): string | undefined {
  const at = argv.findIndex((word) => word === name || word.startsWith(`${name}=`));
  const word = argv[at];
  return word?.includes('=') ? word.slice(word.indexOf('=') + 1) : at < 0 ? undefined : argv[at + 1];
}

/** Its key `data_dir`, see `dolt sql-server --help`. Dolt reads `$$` as a dollar sign. */
async function dataDirIn(file: string): Promise<string | undefined> {
  try {
    const { parse } = await import('yaml');
    const settings: unknown = parse((await readFile(file, 'utf8')).replaceAll('$$', '$'));
    const found = typeof settings === 'object' && settings !== null && 'data_dir' in settings && settings.data_dir;
    return typeof found === 'string' && found !== '' ? found : undefined;
  } catch {
    return undefined;
  }
}

/** The path without links, where it exists: as the system tells of a process. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
