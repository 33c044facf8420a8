import { setTimeout as delay } from 'node:timers/promises';
import { AppError, systemErrorCode } from '../../errors.ts';

/** How long a client waits for a server that is started again, in ms. */
const RETURN_MS = 10_000;
const REFUSED = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'PROTOCOL_CONNECTION_LOST'];

/**
 * Connects as soon as a server is back. One that died under the town's supervisor is, after a tenth
 * of a second, and a command that came in that time need not fail.
 *
 * @param failed the error of an attempt that was made before, if one was
 * @param isComing whether somebody starts the server again; asked after each refusal
 * @throws what the last attempt threw
 * @example const db = await whenBack(() => connect(target), undefined, () => isKeptUp('beads', env, dir));
 */
export async function whenBack<T>(
  connect: () => Promise<T>,
  failed: unknown,
  isComing: () => Promise<boolean>,
): Promise<T> {
  const deadline = Date.now() + RETURN_MS;
  for (let error = failed; ; ) {
    if (error !== undefined) {
      if (!isRefusal(error) || Date.now() >= deadline || !(await isComing())) throw error;
      await delay(20 + Math.random() * 30);
    }
    try {
      return await connect();
    } catch (again) {
      error = again;
    }
  }
}

/** Nobody listens, or no longer; one that listens and says nothing is not on its way. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof AppError &&
    error.code === 'SERVER_UNREACHABLE' &&
    REFUSED.includes(systemErrorCode(error.cause) ?? '')
  );
}
