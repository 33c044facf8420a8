import { chmod, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemErrorCode } from '../errors.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { writeFileAtomic } from '../util/atomic-write.ts';
import { PUSHES_FAST } from '../util/dolt-pushes.ts';
import { makeDirectory } from '../util/make-directory.ts';

/**
 * The environment for every `dolt` that we run for a town: a root of our own for Dolt's global
 * configuration, and no usage metrics sent (see {@link silenceMetrics}). Credentials of remotes are not
 * passed on.
 */
export function doltEnvironment(paths: TownPaths, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { DOLT_REMOTE_PASSWORD: _password, DOLT_REMOTE_USER: _user, BEADS_DOLT_PASSWORD: _client, ...rest } = env;
  return { ...PATIENCE, ...PUSHES_FAST, ...rest, DOLT_ROOT_PATH: paths.doltRoot, DOLT_DISABLE_EVENT_FLUSH: 'true' };
}

// A git remote that went silent would keep the server's statement, and the server's end, waiting.
const PATIENCE = { GIT_HTTP_LOW_SPEED_LIMIT: '1', GIT_HTTP_LOW_SPEED_TIME: '30' };

/**
 * Makes the directories of a town that its servers need, and closes a data dir that others may enter:
 * one that was copied, as `.dolt-data.example` is meant to be, has the mode that the umask gave it.
 */
export async function makeTownDirectories(paths: TownPaths): Promise<void> {
  for (const directory of [paths.dataDir, paths.gt, paths.doltRoot, paths.stateDir, paths.logDir]) {
    await makeDirectory(directory);
  }
  await silenceMetrics(paths);
  const { mode, uid } = await stat(paths.dataDir);
  // Of another user's we may change nothing.
  if ((mode & 0o077) !== 0 && uid === process.getuid?.()) await chmod(paths.dataDir, 0o700).catch(() => undefined);
}

/**
 * Has Dolt write no usage metrics. DOLT_DISABLE_EVENT_FLUSH only keeps it from sending them: each
 * command would leave a file, for ever. Where it cannot be told, that is no reason to do nothing else.
 */
export async function silenceMetrics(paths: TownPaths): Promise<void> {
  const file = join(paths.doltRoot, '.dolt', 'config_global.json');
  try {
    const settings: unknown = JSON.parse(await readFile(file, 'utf8').catch(nothingThere));
    if (typeof settings !== 'object' || settings === null) return;
    if ('metrics.disabled' in settings && settings['metrics.disabled'] === 'true') return;
    await makeDirectory(dirname(file));
    await writeFileAtomic(file, `${JSON.stringify({ ...settings, 'metrics.disabled': 'true' })}\n`);
  } catch {}
}

function nothingThere(error: unknown): string {
  if (systemErrorCode(error) === 'ENOENT') return '{}';
  throw error;
}
