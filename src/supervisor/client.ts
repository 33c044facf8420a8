import { readFile } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { MessageConnection } from 'vscode-jsonrpc';
import { AppError, systemErrorCode } from '../errors.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { formatDuration } from '../util/duration.ts';
import { liveness, type ProcessIdentity } from '../util/process-identity.ts';
import { socketPath } from '../util/socket-path.ts';
import * as protocol from './protocol.ts';
import { openWire } from './wire.ts';

/** An idle supervisor answers within milliseconds; a frozen one never. */
const ANSWER_MS = 5_000;
/** A machine at work may keep one waiting that long. */
const LEAST_ANSWER_MS = 3_000;
const HANDOVER_MS = 10_000;

/** A connection to the supervisor of a town. Close it, or the process stays. */
export class SupervisorClient {
  readonly hello: protocol.Hello;
  private readonly connection: MessageConnection;

  private constructor(hello: protocol.Hello, connection: MessageConnection) {
    this.hello = hello;
    this.connection = connection;
  }

  /**
   * Connects to the supervisor that runs.
   *
   * @param stopMs how long a stop may take that it is asked for
   * @returns undefined when none does: no socket, or one that a dead supervisor left
   * @throws AppError SUPERVISOR_FAILED when it does not answer, or the socket is not ours; STOP_TIMEOUT
   *   when the stop's own time is over by then; CANCELLED
   */
  static async connect(paths: TownPaths, signal?: AbortSignal, stopMs?: number): Promise<SupervisorClient | undefined> {
    const socket = await openSocket(socketPath(paths.supervisorSocket));
    if (!socket) return undefined;
    const connection = openWire(socket);
    connection.listen();
    const hello = connection.sendRequest(protocol.helloRequest);
    const answer = await within(
      Math.max(Math.min(ANSWER_MS, stopMs ?? ANSWER_MS), LEAST_ANSWER_MS),
      // Rejected: it was just ending.
      hello.catch(() => 'gone' as const),
      signal,
    );
    if (answer !== 'late' && answer !== 'gone') return new SupervisorClient(answer, connection);
    connection.dispose();
    socket.destroy();
    if (answer === 'gone') return undefined;
    if (signal?.aborted) throw new AppError('CANCELLED', 'interrupted while the supervisor was asked');
    throw await silent(paths, stopMs);
  }

  onRigDone(listener: (outcome: protocol.RigOutcome) => void): void {
    this.connection.onNotification(protocol.rigDoneNotification, listener);
  }

  start(params: protocol.StartParams): Promise<protocol.RigOutcome[]> {
    return this.ask(() => this.connection.sendRequest(protocol.startRequest, params));
  }

  stop(params: protocol.StopParams): Promise<protocol.RigOutcome[]> {
    return this.ask(() => this.connection.sendRequest(protocol.stopRequest, params));
  }

  restart(params: protocol.StartParams): Promise<protocol.RigOutcome[]> {
    return this.ask(() => this.connection.sendRequest(protocol.restartRequest, params));
  }

  /** @returns undefined when it does not answer in time */
  async status(): Promise<protocol.RigSnapshot[] | undefined> {
    const answer = await within(
      ANSWER_MS,
      this.ask(() => this.connection.sendRequest(protocol.statusRequest)),
    );
    return answer === 'late' ? undefined : answer;
  }

  /** Asks it to end without touching the servers, and waits until it has. */
  async handOver(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.connection.onClose(() => resolve()));
    const asked = this.ask(() => this.connection.sendRequest(protocol.handoverRequest));
    // Its end, which is what was asked for, may overtake its answer.
    const ended = asked.then(
      () => closed,
      () => undefined,
    );
    await within(HANDOVER_MS, ended);
  }

  close(): void {
    this.connection.end();
    this.connection.dispose();
  }

  private async ask<T>(send: () => Promise<T>): Promise<T> {
    const silent = new AbortController();
    try {
      // Sending throws at once on a connection that is closed already.
      return await Promise.race([send(), this.silence(silent.signal)]);
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw new AppError('SUPERVISOR_FAILED', 'the supervisor ended while it was asked', {
        hint: 'the servers run on; try again: the next gt dolt start adopts them',
        cause,
      });
    } finally {
      silent.abort();
    }
  }

  /** A request may take long; that the supervisor still lives is asked beside it. */
  private async silence(done: AbortSignal): Promise<never> {
    for (;;) {
      await delay(ANSWER_MS, undefined, { signal: done, ref: false });
      if ((await within(ANSWER_MS, this.connection.sendRequest(protocol.helloRequest))) === 'late') {
        throw new AppError('SUPERVISOR_FAILED', `the supervisor, pid ${this.hello.pid}, does not answer any more`, {
          hint: 'its end harms no server: end it, then try again',
        });
      }
    }
  }
}

/** @returns `late` when the time is over, or the signal comes, before the work is done */
async function within<T>(ms: number, work: Promise<T>, signal?: AbortSignal): Promise<T | 'late'> {
  const timer = new AbortController();
  const abort = () => timer.abort();
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  try {
    const late = delay(ms, undefined, { signal: timer.signal }).catch(() => undefined);
    return await Promise.race([work, late.then(() => 'late' as const)]);
  } finally {
    signal?.removeEventListener('abort', abort);
    timer.abort();
  }
}

async function silent(paths: TownPaths, stopMs = Number.POSITIVE_INFINITY): Promise<AppError> {
  const recorded = await readFile(paths.supervisorState, 'utf8').then(
    (text): ProcessIdentity => JSON.parse(text),
    () => undefined,
  );
  const alive = recorded !== undefined && (await liveness(recorded)) === 'alive';
  const who = `the supervisor of ${paths.dataDir}${alive ? `, pid ${recorded.pid},` : ''} does not answer`;
  const hint = alive
    ? `look at it with: ps -fp ${recorded.pid}; its end harms no server`
    : `its pid was to be in ${paths.supervisorState}; its end harms no server`;
  if (stopMs > ANSWER_MS) return new AppError('SUPERVISOR_FAILED', who, { hint });
  return new AppError('STOP_TIMEOUT', `${who} within ${formatDuration(stopMs)}: nothing was stopped`, { hint });
}

function openSocket(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', (cause) => {
      const code = systemErrorCode(cause);
      if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') resolve(undefined);
      else
        reject(
          new AppError('SUPERVISOR_FAILED', `cannot ask the supervisor at ${path}: ${code ?? cause.message}`, {
            cause,
          }),
        );
    });
  });
}
