import { setTimeout as delay } from 'node:timers/promises';
import { assertAnswers } from '../dolt/sql-answers.ts';
import { AppError, systemErrorCode } from '../errors.ts';
import type { RigLogin } from '../supervisor/rig-login.ts';
import type { Town } from '../supervisor/town.ts';

/** As in docs/decisions/0146-servers-that-come-back.md. */
const BOUND_MS = 10_000;
const PAUSE_MS = 50;

/** What a connection fails with while a server is not there: nothing was sent, so it can be tried again. */
const AWAY = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'PROTOCOL_CONNECTION_LOST'];

type AskedTown = Pick<Town, 'login' | 'status'>;

/**
 * How this user logs in to a rig's server, which has just answered. One that died a moment ago, and
 * that the supervisor starts again, is waited for.
 *
 * @param onWait told what is waited for
 * @throws AppError SERVER_NOT_RUNNING, SERVER_UNREACHABLE, ACCESS_DENIED, DATABASE_UNKNOWN, RIG_UNKNOWN
 */
export async function sqlTarget(
  town: AskedTown,
  rig: string,
  onWait: (text: string) => void = () => undefined,
): Promise<RigLogin> {
  const deadline = performance.now() + BOUND_MS;
  for (;;) {
    const target = await town.login(rig, onWait).catch((error: unknown) => withReason(town, rig, error));
    try {
      await assertAnswers(target);
      return target;
    } catch (error) {
      if (!(error instanceof AppError) || !isAway(error)) throw error;
      // Its state is looked at again: a server that is stopped, or was never ours, does not come back.
      if (performance.now() >= deadline)
        throw new AppError(error.code, error.message, { hint: `gt dolt start ${rig}`, cause: error.cause });
      await delay(PAUSE_MS);
    }
  }
}

function isAway({ code, cause }: AppError): boolean {
  return code === 'SERVER_UNREACHABLE' && AWAY.includes(systemErrorCode(cause) ?? '');
}

/** Adds what `gt dolt status` knows about why the server does not run. */
async function withReason(town: AskedTown, rig: string, error: unknown): Promise<never> {
  if (!(error instanceof AppError) || error.code !== 'SERVER_NOT_RUNNING') throw error;
  const status = await town.status([rig]).catch(() => undefined);
  const reason = status?.rigs[0]?.last_error;
  if (!reason || error.message.includes(reason)) throw error;
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  throw new AppError(error.code, `${error.message}: ${reason}`, { ...hint, cause: error });
}
