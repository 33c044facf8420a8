import type { RowDataPacket } from 'mysql2/promise';
import { type AccountSql, findAccount, setPassword } from '../dolt/accounts.ts';
import { offlineSql } from '../dolt/offline-sql.ts';
import { hasAccounts } from '../dolt/open-accounts.ts';
import { connect } from '../dolt/server-probe.ts';
import { connectError } from '../dolt/sql-results.ts';
import { AppError, messageOf } from '../errors.ts';
import { localAddress } from '../town/address.ts';
import { readTownConfig } from '../town/config.ts';
import { readLiveState } from '../town/live-state.ts';
import { managedElsewhere } from '../town/remote-rigs.ts';
import { rootPasswords, writeSecret } from '../town/secrets.ts';
import type { RigStatus } from './rig-status.ts';
import type { Town } from './town.ts';

const CONNECT_MS = 5_000;

export interface RigAccountsOptions {
  readonly town: Town;
  readonly rig: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Works on the accounts of a rig as root: on its server while it runs, on its files while it does not.
 *
 * @throws AppError RIG_UNKNOWN, MANAGED_ELSEWHERE, SERVER_NOT_RUNNING for a rig that never ran, ACCESS_DENIED, SQL_ERROR
 * @example await withAccounts({ town, rig: 'beads', env }, (sql) => listAccounts(sql));
 */
export async function withAccounts<T>(options: RigAccountsOptions, work: (sql: AccountSql) => Promise<T>): Promise<T> {
  const status = await statusOf(options);
  if (status.state === 'running' && status.port !== null) return onServer(options, status, status.port, work);
  if (!['stopped', 'failed'].includes(status.state)) {
    throw new AppError('CONFLICT', `rig "${options.rig}" is ${status.state}: its accounts cannot be changed now`, {
      hint: 'gt dolt status',
    });
  }
  if (!(await hasAccounts({ paths: options.town.paths, rig: options.rig }))) throw neverRan(options.rig);
  return onFiles(options, work);
}

/**
 * Works on a running rig's server as root.
 *
 * @throws AppError SERVER_NOT_RUNNING, RIG_UNKNOWN, ACCESS_DENIED, SQL_ERROR
 */
export async function withRoot<T>(options: RigAccountsOptions, work: (sql: AccountSql) => Promise<T>): Promise<T> {
  const status = await statusOf(options);
  if (status.state === 'running' && status.port !== null) return onServer(options, status, status.port, work);
  throw new AppError('SERVER_NOT_RUNNING', `the server of rig "${options.rig}" is ${status.state}`, {
    hint: `gt dolt start ${options.rig}`,
  });
}

/**
 * Gives an account another password. That of root@localhost is kept, because gt and `bd` on this
 * machine log in with it; for a rig that never ran it is kept for its first start.
 *
 * @returns the account, as `name@host`
 * @throws AppError as {@link withAccounts}; NOT_FOUND, CONFLICT
 */
export async function changePassword(options: RigAccountsOptions, name: string, password: string): Promise<string> {
  const { paths } = options.town;
  const isNew = !(await hasAccounts({ paths, rig: options.rig }));
  if (isNew && ['root', 'root@localhost'].includes(name) && (await statusOf(options)).state !== 'running') {
    await writeSecret(paths, options.rig, password);
    return 'root@localhost';
  }
  const account = await withAccounts(options, async (sql) => {
    const found = await findAccount(sql, name);
    await setPassword(sql, found, password);
    return found;
  });
  const full = `${account.user}@${account.host}`;
  if (full === 'root@localhost') await writeSecret(paths, options.rig, password);
  return full;
}

async function statusOf({ town, rig, env }: RigAccountsOptions): Promise<RigStatus> {
  const remote = (await readTownConfig(town.paths.config, env)).remoteRigs.find(({ name }) => name === rig);
  if (remote) throw managedElsewhere(remote);
  const [status] = (await town.settledStatus([rig])).rigs;
  if (!status) throw new AppError('RIG_UNKNOWN', `no rig "${rig}" is configured`, { hint: 'gt dolt list' });
  return status;
}

function neverRan(rig: string): AppError {
  return new AppError('SERVER_NOT_RUNNING', `rig "${rig}" never ran, so it has no accounts yet`, {
    hint: `gt dolt start ${rig}`,
  });
}

async function onServer<T>(
  { town, rig, env }: RigAccountsOptions,
  status: RigStatus,
  port: number,
  work: (sql: AccountSql) => Promise<T>,
): Promise<T> {
  const host = localAddress(status.host);
  const tls = (await readLiveState(town.paths, rig))?.tls;
  const passwords = rootPasswords(town.paths, rig, env['BEADS_DOLT_PASSWORD'] ?? '');
  const target = { host, port, database: rig, token: undefined, tls, passwords, timeoutMs: CONNECT_MS };
  const connection = await connect(target).catch((error: unknown) => {
    throw connectError(error, { host, port, user: 'root', database: rig });
  });
  try {
    return await work(async (statements) => {
      const results: Record<string, unknown>[][] = [];
      for (const statement of statements) {
        const [rows] = await connection.query<RowDataPacket[]>(statement).catch((cause: unknown) => {
          throw new AppError('SQL_ERROR', messageOf(cause), { cause });
        });
        if (Array.isArray(rows)) results.push(rows);
      }
      return results;
    });
  } finally {
    await connection.end().catch(() => connection.destroy());
  }
}

async function onFiles<T>({ town, rig, env }: RigAccountsOptions, work: (sql: AccountSql) => Promise<T>): Promise<T> {
  const { path: doltBin } = await town.findDolt();
  return work((statements) =>
    offlineSql({ paths: town.paths, rig, doltBin, env }, statements).catch((cause: unknown) => {
      if (cause instanceof AppError) throw cause;
      throw new AppError('SQL_ERROR', messageOf(cause).trim(), { cause });
    }),
  );
}
