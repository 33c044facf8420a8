import { randomBytes } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, messageOf } from '../errors.ts';
import { type AccountSql, createRoot, scrambled } from './accounts.ts';
import { type OfflineOptions, offlineSql } from './offline-sql.ts';

export interface AccountsOptions extends OfflineOptions {
  /** Those that root may have or is to get; the first is what a new root gets. */
  readonly passwords: readonly string[];
}

const QUESTION = "SELECT user, host FROM mysql.user WHERE authentication_string = '' AND account_locked <> 'Y'";

/**
 * Refuses a listener that other machines reach, for a server that somebody may log in to without a
 * password. A rig that never ran has no accounts: its root is made here, with the password that is
 * known. The caller knows that no server of the rig runs.
 *
 * @throws AppError PASSWORD_MISSING with the commands that put it right; IO_ERROR
 * @example await requirePasswords({ paths, rig: 'beads', doltBin: '/usr/bin/dolt', env, passwords: [''] });
 */
export async function requirePasswords(options: AccountsOptions): Promise<void> {
  const { rig, env } = options;
  if (!(await hasAccounts(options))) {
    const [known = ''] = options.passwords;
    if (known !== '') return makeRoot(options, known);
    // Dolt reads it when it makes its root user.
    if (env['DOLT_ROOT_PASSWORD']) return;
    throw refusal(rig, 'its root user would get no password', [`gt dolt user passwd root --rig ${rig}`]);
  }
  const open = await openAccounts(options);
  if (open.length === 0) return;
  const steps = open.map((account) => `gt dolt user passwd ${account} --rig ${rig}`);
  throw refusal(rig, `${open.join(' and ')} may log in without a password`, steps);
}

function refusal(rig: string, why: string, steps: readonly string[]): AppError {
  const what = `rig "${rig}" has a listener that other machines reach, and ${why}`;
  return new AppError('PASSWORD_MISSING', what, { hint: `${steps.join('; ')}; then: gt dolt start ${rig}` });
}

/** Before a server's first start there are none. */
export function hasAccounts({ paths, rig }: Pick<OfflineOptions, 'paths' | 'rig'>): Promise<boolean> {
  return access(join(paths.rig(rig), '.doltcfg', 'privileges.db')).then(
    () => true,
    () => false,
  );
}

/** Accounts without a password. Dolt itself reads them: no server runs. */
export async function openAccounts(options: OfflineOptions): Promise<string[]> {
  try {
    const [rows = []] = await offlineSql(options, [QUESTION]);
    return rows.map(({ user, host }) => `${user}@${host}`);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('IO_ERROR', `cannot tell who may log in to rig "${options.rig}": ${messageOf(cause)}`, {
      cause,
    });
  }
}

/**
 * Makes root@localhost before a server's first start. Offline Dolt calls its own session root, which
 * therefore cannot be created there; another superuser, gone after, creates it.
 */
async function makeRoot(options: OfflineOptions, password: string): Promise<void> {
  const maker = { user: 'gt_setup', password: randomBytes(24).toString('base64url') };
  const name = `'${maker.user}'@'localhost'`;
  const asMaker: AccountSql = (statements) => offlineSql({ ...options, login: maker }, statements);
  try {
    await offlineSql(options, [
      `CREATE USER ${name} IDENTIFIED WITH mysql_native_password AS '${scrambled(maker.password)}'`,
      `GRANT ALL ON *.* TO ${name} WITH GRANT OPTION`,
    ]);
    await createRoot(asMaker, password);
    await offlineSql(options, [`DROP USER ${name}`]);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('IO_ERROR', `cannot make root of rig "${options.rig}": ${messageOf(cause)}`, { cause });
  }
}
