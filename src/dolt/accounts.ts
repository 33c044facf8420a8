import { createHash } from 'node:crypto';
import { AppError } from '../errors.ts';

/** Runs statements as root of a rig, on its server or, when none runs, on its files. */
export type AccountSql = (statements: readonly string[]) => Promise<Record<string, unknown>[][]>;

/** An account of a server: a name, and the hosts that it may come from. */
export interface AccountName {
  readonly user: string;
  readonly host: string;
}

/** One account in the JSON of `gt dolt user list`. */
export interface Account {
  user: string;
  host: string;
  /** Whether it needs one to log in. */
  password: boolean;
  /** Whether it may clone and fetch over remotesapi. */
  sync: boolean;
  grants: string[];
}

/**
 * What an account may do: everything in the rig's database, read it, fetch it over remotesapi, or
 * also push to it there. To push Dolt asks for SUPER, with which everything is allowed over SQL too.
 */
export type Role = 'write' | 'read' | 'fetch' | 'sync';

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/;
const HOST = /^[A-Za-z0-9_.:%-]{1,255}$/;
/** Dolt's own: locked, or made by a server for the commands of its machine. */
const INTERNAL = ['event_scheduler', '__dolt_local_user__'];

/**
 * Reads `NAME` or `NAME@HOST`.
 *
 * @throws AppError USAGE
 * @example parseAccount('sync@%') // { user: 'sync', host: '%' }
 */
export function parseAccount(text: string): { user: string; host: string | undefined } {
  const at = text.indexOf('@');
  const [user, host] = at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
  if (NAME.test(user) && (host === undefined || HOST.test(host))) return { user, host };
  throw new AppError('USAGE', `"${text}" is not an account`, {
    hint: 'a name of letters, digits, _ . and -, 32 at most; or NAME@HOST, where % stands for every host',
  });
}

/** How SQL writes an account; its parts were checked to need no escapes. */
function quoted({ user, host }: AccountName): string {
  return `'${user}'@'${host}'`;
}

/**
 * The scrambled form of a password, as `mysql_native_password` keeps it. It goes into statements in
 * place of the password: a server logs statements, at some levels and in some errors.
 */
export function scrambled(password: string): string {
  const once = createHash('sha1').update(password, 'utf8').digest();
  return `*${createHash('sha1').update(once).digest('hex').toUpperCase()}`;
}

/** `IDENTIFIED …`, without the password itself. */
function identified(password: string): string {
  return `IDENTIFIED WITH mysql_native_password AS '${scrambled(password)}'`;
}

function grant(account: AccountName, role: Role, database: string): string[] {
  const rights: Record<Role, string[]> = {
    write: [`ALL ON \`${database}\`.*`],
    read: [`SELECT ON \`${database}\`.*`],
    fetch: ['CLONE_ADMIN ON *.*'],
    sync: ['CLONE_ADMIN ON *.*', 'SUPER ON *.*'],
  };
  return rights[role].map((right) => `GRANT ${right} TO ${quoted(account)}`);
}

/** Every account that somebody can log in to. */
export async function listAccounts(sql: AccountSql): Promise<Account[]> {
  const [rows = []] = await sql([
    "SELECT user, host, authentication_string AS secret FROM mysql.user WHERE account_locked <> 'Y' ORDER BY user, host",
  ]);
  const names = rows.flatMap((row) => {
    const account = { user: String(row['user']), host: String(row['host']) };
    return INTERNAL.includes(account.user) ? [] : [{ account, password: Boolean(row['secret']) }];
  });
  if (names.length === 0) return [];
  const shown = await sql(names.map(({ account }) => `SHOW GRANTS FOR ${quoted(account)}`));
  return names.map(({ account, password }, index) => {
    const grants = (shown[index] ?? []).flatMap((row) => Object.values(row).map(String));
    const sync = grants.some((one) => /\b(CLONE_ADMIN|SUPER)\b/.test(one));
    return { ...account, password, sync, grants };
  });
}

/**
 * The one account that is meant by a name, with or without its host.
 *
 * @throws AppError NOT_FOUND, CONFLICT when there are several of that name
 */
export async function findAccount(sql: AccountSql, text: string): Promise<AccountName> {
  const { user, host } = parseAccount(text);
  const all = await listAccounts(sql);
  const found = all.filter((one) => one.user === user && (host === undefined || one.host === host));
  const [first] = found;
  if (!first)
    throw new AppError('NOT_FOUND', `there is no account "${text}"`, { hint: 'gt dolt user list   shows all' });
  if (found.length === 1) return { user: first.user, host: first.host };
  throw new AppError('CONFLICT', `"${text}" is the name of ${found.length} accounts`, {
    hint: `say which: ${found.map((one) => `${one.user}@${one.host}`).join(', ')}`,
  });
}

/** @throws AppError ALREADY_EXISTS */
export async function addAccount(
  sql: AccountSql,
  account: AccountName,
  password: string,
  role: Role,
  database: string,
): Promise<void> {
  const all = await listAccounts(sql);
  if (all.some(({ user, host }) => user === account.user && host === account.host)) {
    throw new AppError('ALREADY_EXISTS', `there is an account "${account.user}@${account.host}" already`, {
      hint: `gt dolt user passwd ${account.user}@${account.host}   gives it another password`,
    });
  }
  await sql([`CREATE USER ${quoted(account)} ${identified(password)}`, ...grant(account, role, database)]);
}

export async function setPassword(sql: AccountSql, account: AccountName, password: string): Promise<void> {
  await sql([`ALTER USER ${quoted(account)} ${identified(password)}`]);
}

export async function grantRole(sql: AccountSql, account: AccountName, role: Role, database: string): Promise<void> {
  await sql(grant(account, role, database));
}

/** @throws AppError VALIDATION for the account that gt itself logs in with */
export async function removeAccount(sql: AccountSql, account: AccountName): Promise<void> {
  if (account.user === 'root' && account.host === 'localhost') {
    throw new AppError('VALIDATION', 'root@localhost is what gt itself logs in with, so it stays', {
      hint: 'gt dolt user passwd root   gives it another password',
    });
  }
  await sql([`DROP USER ${quoted(account)}`]);
}

/** Makes a superuser where there is none; the name is Dolt's own for it. */
export async function createRoot(sql: AccountSql, password: string): Promise<void> {
  await sql([
    `CREATE USER 'root'@'localhost' ${identified(password)}`,
    `GRANT ALL ON *.* TO 'root'@'localhost' WITH GRANT OPTION`,
  ]);
}
