import type { AccountSql } from '../../dolt/accounts.ts';
import { AppError } from '../../errors.ts';
import { readTownConfig } from '../../town/config.ts';
import { isListening } from '../../util/is-listening.ts';
import { type RigAccountsOptions, withRoot } from '../rig-accounts.ts';

/** What a server of a cluster says of it: the JSON of `gt dolt standby status`. */
export interface ClusterStatus {
  rig: string;
  role: string;
  epoch: number;
  /** How long a COMMIT waits until a standby has the write. */
  ack_timeout_seconds: number;
  /** The other servers, as seen from a primary; of a standby these are empty values. */
  peers: { name: string; lag_ms: number | null; last_update: string | null; error: string | null }[];
}

const CONNECT_MS = 2_000;

/**
 * Asks a running server for its role in its cluster, and how far the others are.
 *
 * @throws AppError SERVER_NOT_RUNNING, VALIDATION when the rig has no cluster
 */
export function clusterStatus(options: RigAccountsOptions): Promise<ClusterStatus> {
  return withRoot(options, async (sql) => {
    const { town, rig, env } = options;
    const settings = (await readTownConfig(town.paths.config, env)).rigs.find(({ name }) => name === rig);
    return ask(sql, rig, settings?.cluster?.peers ?? []);
  });
}

/** @param addresses of the other servers, in the order in which Dolt was told of them: `peer1`, `peer2` */
async function ask(sql: AccountSql, rig: string, addresses: readonly string[]): Promise<ClusterStatus> {
  const [found] = await sql(["SHOW GLOBAL VARIABLES LIKE 'dolt_cluster_role_epoch'"]);
  const [[row] = []] = found?.length
    ? await sql([
        'SELECT @@GLOBAL.dolt_cluster_role AS role, @@GLOBAL.dolt_cluster_role_epoch AS epoch, @@GLOBAL.dolt_cluster_ack_writes_timeout_secs AS wait',
      ])
    : [];
  if (!row?.['role']) {
    throw new AppError('VALIDATION', `rig "${rig}" is in no cluster`, {
      hint: `gt dolt standby add HOST --rig ${rig}`,
    });
  }
  const [peers = []] = await sql([
    `SELECT standby_remote AS name, replication_lag_millis AS lag_ms, CAST(last_update AS CHAR) AS last_update, current_error AS error
     FROM dolt_cluster.dolt_cluster_status WHERE \`database\` = '${rig}' ORDER BY standby_remote`,
  ]);
  const text = (value: unknown) => (value === null || value === undefined ? null : String(value));
  return {
    rig,
    role: String(row['role']),
    epoch: Number(row['epoch']),
    ack_timeout_seconds: Number(row['wait']),
    peers: peers.map((peer) => ({
      name: addresses[Number(/^peer(\d+)$/.exec(String(peer['name']))?.[1] ?? 0) - 1] ?? String(peer['name']),
      lag_ms: peer['lag_ms'] === null || peer['lag_ms'] === undefined ? null : Number(peer['lag_ms']),
      last_update: text(peer['last_update']),
      error: text(peer['error']),
    })),
  };
}

/**
 * Makes a standby the primary: Dolt's own `dolt_assume_cluster_role`, with the next epoch. A former
 * primary that comes back sees the higher epoch, and becomes a standby.
 *
 * @param force also when another server of the cluster still answers: it may have writes that are not here
 * @throws AppError SERVER_NOT_RUNNING, VALIDATION; CONFLICT when another one answers
 */
export async function promote(options: RigAccountsOptions, force: boolean): Promise<ClusterStatus> {
  const { town, rig } = options;
  const settings = (await readTownConfig(town.paths.config)).rigs.find(({ name }) => name === rig);
  const before = await clusterStatus(options);
  if (before.role === 'primary') return before;
  for (const peer of force ? [] : (settings?.cluster?.peers ?? [])) {
    const at = peer.lastIndexOf(':');
    const host = peer.slice(0, at).replace(/^\[|\]$/g, '');
    if (!(await isListening(host, Number(peer.slice(at + 1)), CONNECT_MS))) continue;
    throw new AppError('CONFLICT', `${peer} of the cluster still answers, and may have writes that are not here yet`, {
      hint: `there: gt dolt standby demote --rig ${rig}; when it is a standby: gt dolt standby promote --rig ${rig} --force`,
    });
  }
  return assume(options, `CALL dolt_assume_cluster_role('primary', ${before.epoch + 1})`);
}

/**
 * Makes a primary a standby, once one standby has everything: what comes before a planned promotion.
 *
 * @throws AppError SERVER_NOT_RUNNING, VALIDATION; CONFLICT when no standby catches up, and then nothing changes
 */
export async function demote(options: RigAccountsOptions): Promise<ClusterStatus> {
  const before = await clusterStatus(options);
  if (before.role !== 'primary') return before;
  try {
    return await assume(options, `CALL dolt_cluster_transition_to_standby('${before.epoch + 1}', '1')`);
  } catch (cause) {
    if (!(cause instanceof AppError) || !/gracefully/.test(cause.message)) throw cause;
    throw new AppError('CONFLICT', `rig "${options.rig}" stays the primary: no standby has everything yet`, {
      hint: 'gt dolt standby status   shows how far they are; one that came back just now takes up to a minute',
      cause,
    });
  }
}

/** Dolt ends the session that changed the role: ask in another one. */
async function assume(options: RigAccountsOptions, call: string): Promise<ClusterStatus> {
  await withRoot(options, (sql) => sql([call]));
  return clusterStatus(options);
}
