import { readFile } from 'node:fs/promises';
import { AppError } from '../errors.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { acquireLock, type ProcessLock } from '../util/process-lock.ts';
import { SupervisorClient } from './client.ts';

const LOCK_WAIT_MS = 1_000;
/** Within that time a supervisor that takes no clients any more has ended. */
const ENDING_MS = 10_000;
/** Within that time one that has the lock listens. */
const STARTING_MS = 15_000;

/**
 * Takes the lock that makes one supervisor the town's. Whoever holds it and still takes clients is
 * there to stay; whoever does not is ending, and is waited for.
 *
 * @throws AppError DATA_DIR_BUSY naming the other supervisor, IO_ERROR
 */
export async function takeSupervisorLock(paths: TownPaths): Promise<ProcessLock> {
  const deadline = Date.now() + ENDING_MS;
  for (;;) {
    try {
      return await acquireLock({
        directory: paths.lock('supervisor'),
        purpose: 'gt dolt supervisor',
        timeoutMs: LOCK_WAIT_MS,
        // One that was killed in a container leaves its ticket; no process here tells of it, its socket does.
        judge: async ({ since }) => (isYoung(since) || (await takesClients(paths)) ? 'alive' : 'dead'),
      });
    } catch (cause) {
      if (!(cause instanceof AppError) || cause.code !== 'LOCK_TIMEOUT') throw cause;
      if (Date.now() < deadline && !(await takesClients(paths))) continue;
      throw await busy(paths, cause);
    }
  }
}

function isYoung(since: string): boolean {
  return Date.now() - Date.parse(since) < STARTING_MS;
}

async function busy(paths: TownPaths, cause: AppError): Promise<AppError> {
  const pid = await readFile(paths.supervisorState, 'utf8').then(
    (text) => JSON.parse(text).pid,
    () => undefined,
  );
  return new AppError('DATA_DIR_BUSY', `another supervisor${pid ? `, pid ${pid},` : ''} watches ${paths.dataDir}`, {
    hint: 'gt dolt stop   ends it together with the servers',
    cause,
  });
}

async function takesClients(paths: TownPaths): Promise<boolean> {
  // One that is there and does not answer is alive.
  const client = await SupervisorClient.connect(paths).catch(() => 'silent' as const);
  if (client !== undefined && client !== 'silent') client.close();
  return client !== undefined;
}
