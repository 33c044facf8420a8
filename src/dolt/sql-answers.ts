import { AppError } from '../errors.ts';
import { awayHint, querySql, type SqlEndpoint } from './sql-results.ts';

/** As long as the driver waits for a connection. */
const BOUND_MS = 10_000;

/**
 * Asks a server whether it answers a statement of this user: Dolt's own client would wait for ever, and
 * tells a server that is away, or a wrong password, as it tells a bad statement.
 *
 * @throws AppError SERVER_UNREACHABLE, ACCESS_DENIED, DATABASE_UNKNOWN
 * @example await assertAnswers({ host: '127.0.0.1', port: 3307, user: 'root', password: '', database: 'beads' });
 */
export async function assertAnswers(endpoint: SqlEndpoint): Promise<void> {
  const bound = AbortSignal.timeout(BOUND_MS);
  try {
    await querySql(endpoint, 'SELECT 1', bound);
  } catch (cause) {
    if (!bound.aborted) throw cause;
    const { host, port } = endpoint;
    throw new AppError('SERVER_UNREACHABLE', `no answer from ${host}:${port} within ${BOUND_MS / 1000} s`, {
      hint: awayHint(endpoint, 'gt dolt status'),
      cause,
    });
  }
}
