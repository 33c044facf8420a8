import { join } from 'node:path';
import type { TownPaths } from '../town/data-dir.ts';
import { doltEnvironment } from './environment.ts';
import { tookTooLong } from './took-too-long.ts';

export interface OfflineOptions {
  readonly paths: TownPaths;
  readonly rig: string;
  readonly doltBin: string;
  readonly env: NodeJS.ProcessEnv;
  /** Default: Dolt's own superuser of such a session, which it calls root@localhost. */
  readonly login?: { readonly user: string; readonly password: string };
  /** How long it may take, in ms. */
  readonly timeoutMs?: number;
}

/** Dolt reads the journal of the database first, and that one grows with its data. */
const TIMEOUT_MS = 600_000;

/**
 * Runs statements on a rig's database and its accounts with `dolt sql`. The caller knows that no
 * server of the rig runs. The statements go in on standard input: `ps` shows arguments to everybody.
 *
 * @returns the rows of each statement that has some
 * @throws Error with what Dolt said; AppError IO_ERROR when it takes longer than it may, and is ended
 */
export async function offlineSql(
  { paths, rig, doltBin, env, login, timeoutMs = TIMEOUT_MS }: OfflineOptions,
  statements: readonly string[],
): Promise<Record<string, unknown>[][]> {
  const { execa } = await import('execa');
  const directory = paths.rig(rig);
  const place = ['--data-dir', directory, '--doltcfg-dir', join(directory, '.doltcfg')];
  const user = login ? ['--user', login.user] : [];
  const ran = await execa(doltBin, [...user, ...place, 'sql', '-r', 'json'], {
    cwd: directory,
    env: { ...doltEnvironment(paths, env), ...(login ? { DOLT_CLI_PASSWORD: login.password } : {}) },
    extendEnv: false,
    reject: false,
    timeout: timeoutMs,
    input: statements.map((statement) => `${statement};\n`).join(''),
  });
  if (ran.timedOut) throw tookTooLong('dolt sql', timeoutMs, directory);
  if (ran.exitCode !== 0) throw new Error(ran.stderr || ran.shortMessage);
  return ran.stdout.split('\n').flatMap((line) => {
    if (line.trim() === '') return [];
    const { rows = [] } = JSON.parse(line) as { rows?: Record<string, unknown>[] };
    return [rows];
  });
}
