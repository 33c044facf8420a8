import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { findDolt } from './dolt/binary.ts';
import { parseVersion, refusalOf } from './dolt/version.ts';
import { resolveDataDir, townPaths } from './town/data-dir.ts';

/**
 * Path of the Dolt to use, also by `bd`, which knows no town but asks the same places in the same
 * order: GT_DOLT_BIN, `dolt.path` of gt.yaml, PATH, the cache.
 *
 * @throws AppError DOLT_NOT_FOUND, DOLT_UNUSABLE, CONFIG_INVALID
 */
export async function findDoltPath(env: NodeJS.ProcessEnv): Promise<string> {
  const home = env['HOME'] || homedir();
  const configuredPath = env['GT_DOLT_BIN'] ? undefined : await doltPathOfTown(env);
  return (await findDolt({ env, home, configuredPath })).path;
}

/** Why a version that a server tells should not be used, or undefined. One that is no number is not judged. */
export function doltRefusal(text: string): string | undefined {
  const version = parseVersion(text);
  return version && refusalOf(version);
}

/**
 * Reads gt.yaml only where it says something of Dolt: its parser takes longer than a query. All of this
 * comes before Dolt is started, so nothing is loaded for it.
 */
async function doltPathOfTown(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const path = townPaths(resolveDataDir({ env, cwd: process.cwd() })).config;
  const text = textOf(path);
  if (!/^\s*["']?dolt["']?\s*:|[{,]\s*["']?dolt/m.test(text)) return undefined;
  const { readTownConfig } = await import('./town/config.ts');
  return (await readTownConfig(path)).doltPath;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
