import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { AppError } from '../../errors.ts';
import { acquireLock } from '../../util/process-lock.ts';
import { remoteTimeoutMs } from '../bootstrap/remote-timeout.ts';
import { resolveActor } from './actor.ts';
import { probeServer } from './connect.ts';
import type { Target } from './endpoint.ts';
import { makeBeadsDir, writePortFile, writeWorkspaceFiles } from './init-files.ts';
import { type InitOptions, type InitPlan, planInit } from './init-plan.ts';
import { type MadeStore, makeStore } from './init-store.ts';
import { type Metadata, writeMetadata } from './metadata.ts';
import { repositoryIds } from './repo-ids.ts';

export interface InitResult {
  /** False when everything was there already. */
  readonly created: boolean;
  readonly beadsDir: string;
  readonly target: Target;
  /** Of the ids, without the dash. */
  readonly prefix: string;
  readonly projectId: string;
  /** Files that were written or added to. */
  readonly files: readonly string[];
}

// Another init may be cloning a large remote.
const LOCK_TIMEOUT_MS = 600_000;

/**
 * Makes a workspace: the database with its schema, then `.beads`, whose `metadata.json` comes last.
 * Safe to repeat and to run twice at once: what is there is completed and told, never erased; what
 * contradicts the options is refused.
 *
 * @throws AppError ALREADY_EXISTS, IDENTITY_MISMATCH, SERVER_UNREACHABLE, VALIDATION, IO_ERROR, …
 * @example await initBeads({ dir: '/p', env: process.env, prefix: 'hm', findDolt: async () => 'dolt' });
 */
export async function initBeads(options: InitOptions): Promise<InitResult> {
  const { beadsDir, target } = await planInit(options);
  // Asked before anything is written: a server that is away leaves no trace here.
  if (target.mode === 'server') await probeServer(target, options.rig);
  await makeBeadsDir(beadsDir);
  const lock = await acquireLock({
    directory: join(beadsDir, 'init.lock'),
    purpose: 'bd init',
    temporary: true,
    timeoutMs: LOCK_TIMEOUT_MS,
  });
  try {
    // Planned again: another init may have finished while this one waited.
    return await carryOut(options, await planInit(options));
  } finally {
    await lock.release();
  }
}

async function carryOut(options: InitOptions, plan: InitPlan): Promise<InitResult> {
  const { beadsDir, target, existing } = plan;
  const dir = dirname(beadsDir);
  const { commitAuthor } = await resolveActor({ flag: options.actor, env: plan.settings.env, dir });
  const store = await makeStore({
    ...plan,
    ...repositoryIds(dir),
    projectId: existing?.project_id ?? randomUUID(),
    commitAuthor,
    env: plan.settings.env,
    timeoutMs: remoteTimeoutMs(plan.settings),
    purpose: 'bd init',
    findDolt: options.findDolt,
  });
  refuseOthers(plan, store);
  const files = await writeWorkspaceFiles({
    beadsDir,
    stealth: options.stealth ?? false,
    skipAgents: options.skipAgents ?? false,
    remote: options.remote,
  });
  if (!existing) {
    if (target.mode === 'server' && !target.endpoint.socket) await writePortFile(beadsDir, target.endpoint.port);
    await writeMetadata(beadsDir, metadataFor(target, store.projectId));
  }
  const { prefix, projectId } = store;
  return { created: store.created || !existing, beadsDir, target, prefix, projectId, files };
}

/** The database that was found may be another project's, or name its issues otherwise than asked. */
function refuseOthers(plan: InitPlan, store: MadeStore): void {
  const { target, existing, beadsDir } = plan;
  if (plan.prefixAsked && plan.prefix !== store.prefix) {
    throw new AppError(
      'ALREADY_EXISTS',
      `the ids of the database "${target.database}" begin with "${store.prefix}-", not "${plan.prefix}-"; nothing was changed`,
      { hint: 'leave --prefix out to use this database, or name another one with --database' },
    );
  }
  if (existing?.project_id && existing.project_id !== store.projectId) {
    throw new AppError(
      'IDENTITY_MISMATCH',
      `PROJECT IDENTITY MISMATCH: the database "${target.database}" belongs to project ${store.projectId}, and ${beadsDir} to ${existing.project_id}`,
      { hint: 'check the server and the name of the database: bd where' },
    );
  }
}

/** What `metadata.json` says about a database. */
export function metadataFor(target: Target, projectId: string): Metadata {
  const metadata: Metadata = {
    database: 'dolt',
    backend: 'dolt',
    dolt_mode: target.mode,
    dolt_database: target.database,
    project_id: projectId,
  };
  if (target.mode === 'embedded') return metadata;
  const { host, port, socket, user, tls } = target.endpoint;
  return {
    ...metadata,
    dolt_server_host: host,
    dolt_server_port: port,
    ...(socket ? { dolt_server_socket: socket } : {}),
    ...(user === 'root' ? {} : { dolt_server_user: user }),
    ...(tls ? { dolt_server_tls: true } : {}),
  };
}
