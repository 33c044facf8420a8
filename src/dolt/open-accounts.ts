import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, messageOf } from '../errors.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { doltEnvironment } from './environment.ts';

export interface AccountsOptions {
  readonly paths: TownPaths;
  readonly rig: string;
  readonly doltBin: string;
  readonly env: NodeJS.ProcessEnv;
  /** The password of root, where the operator gave one; else empty. */
  readonly password: string;
}

const QUESTION = "SELECT user, host FROM mysql.user WHERE authentication_string = '' AND account_locked <> 'Y'";

/**
 * Refuses a remotesapi listener, which Dolt opens on every address of the machine, for a server that
 * somebody may log in to without a password. The caller knows that no server of the rig runs.
 *
 * @returns what the server's environment needs besides: at its first start the password of its root
 *   user, which Dolt makes then (`DOLT_ROOT_PASSWORD` in `dolt sql-server --help`)
 * @throws AppError PASSWORD_MISSING with the steps that put it right; IO_ERROR
 * @example await requirePasswords({ paths, rig: 'beads', doltBin: '/usr/bin/dolt', env, password: '' });
 */
export async function requirePasswords(options: AccountsOptions): Promise<NodeJS.ProcessEnv> {
  const { rig, env, password } = options;
  if (!(await hasAccounts(options))) {
    if (password !== '') return { DOLT_ROOT_PASSWORD: password };
    if (env['DOLT_ROOT_PASSWORD']) return {};
    throw refusal(rig, 'its root user would get no password', `BEADS_DOLT_PASSWORD=… gt dolt start ${rig}`);
  }
  const open = await openAccounts(options);
  if (open.length === 0) return {};
  const directory = options.paths.rig(rig);
  const steps = open.map((account) => `ALTER USER ${account} IDENTIFIED BY '…';`).join(' ');
  throw refusal(
    rig,
    `${open.join(' and ')} may log in without a password`,
    `cd ${directory} && ${options.doltBin} sql   and there: ${steps}   then: BEADS_DOLT_PASSWORD=… gt dolt start ${rig}`,
  );
}

function refusal(rig: string, why: string, hint: string): AppError {
  return new AppError(
    'PASSWORD_MISSING',
    `rig "${rig}" has a remotesapi port, which Dolt opens on every address of this machine, and ${why}`,
    { hint },
  );
}

/** Before a server's first start there are none; then it makes its root user. */
function hasAccounts({ paths, rig }: AccountsOptions): Promise<boolean> {
  return access(join(paths.rig(rig), '.doltcfg', 'privileges.db')).then(
    () => true,
    () => false,
  );
}

/** Accounts without a password, as SQL writes them. Dolt itself reads them: no server runs. */
async function openAccounts({ paths, rig, doltBin, env }: AccountsOptions): Promise<string[]> {
  const { execa } = await import('execa');
  const directory = paths.rig(rig);
  const place = ['--data-dir', directory, '--doltcfg-dir', join(directory, '.doltcfg')];
  const asked = await execa(doltBin, [...place, 'sql', '-r', 'json', '-q', QUESTION], {
    cwd: directory,
    env: doltEnvironment(paths, env),
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  try {
    if (asked.exitCode !== 0) throw new Error(asked.stderr || asked.shortMessage);
    const { rows = [] } = JSON.parse(asked.stdout || '{}') as { rows?: { user: string; host: string }[] };
    return rows.map(({ user, host }) => `'${user}'@'${host}'`);
  } catch (cause) {
    throw new AppError('IO_ERROR', `cannot tell who may log in to rig "${rig}": ${messageOf(cause)}`, { cause });
  }
}
