import { createConnection, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { MessageConnection } from 'vscode-jsonrpc';
import { AppError, type ErrorCode, systemErrorCode } from '../errors.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { formatDuration } from '../util/duration.ts';
import { socketPath } from '../util/socket-path.ts';
import * as protocol from './protocol.ts';
import { recordedSupervisor } from './recorded-supervisor.ts';
import { openWire } from './wire.ts';

/** An idle supervisor answers within milliseconds; a frozen one never. */
const ANSWER_MS = 5_000;
/** A machine at work may keep one waiting that long. */
const LEAST_ANSWER_MS = 3_000;
const HANDOVER_MS = 10_000;

export interface ConnectOptions {
  readonly signal?: AbortSignal | undefined;
  /** What it is to be asked for: its silence is then a time-out of that. */
  readonly purpose?: Purpose | undefined;
  /** How long that may take, in ms. */
  readonly timeoutMs?: number | undefined;
}

type Purpose = 'start' | 'stop';

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
   * @returns undefined when none does: no socket, or one that a dead supervisor left
   * @throws AppError START_TIMEOUT or STOP_TIMEOUT when it does not answer, by its purpose, and
   *   SUPERVISOR_FAILED where it has none, or the socket is not ours; CANCELLED
   */
  static async connect(paths: TownPaths, options: ConnectOptions = {}): Promise<SupervisorClient | undefined> {
    const { signal, timeoutMs = ANSWER_MS } = options;
    const socket = await openSocket(socketPath(paths.supervisorSocket));
    if (!socket) return undefined;
    const connection = openWire(socket);
    connection.listen();
    const hello = connection.sendRequest(protocol.helloRequest);
    const waitMs = Math.max(Math.min(ANSWER_MS, timeoutMs), LEAST_ANSWER_MS);
    const answer = await within(
      waitMs,
      // Rejected: it was just ending.
      hello.catch(() => 'gone' as const),
      signal,
    );
    if (answer !== 'late' && answer !== 'gone') return new SupervisorClient(answer, connection);
    connection.dispose();
    socket.destroy();
    if (answer === 'gone') return undefined;
    if (signal?.aborted) throw new AppError('CANCELLED', 'interrupted while the supervisor was asked');
    throw await silent(paths, waitMs, options.purpose);
  }

  onRigDone(listener: (outcome: protocol.RigOutcome) => void): void {
    this.connection.onNotification(protocol.rigDoneNotification, listener);
  }

  start(params: protocol.StartParams): Promise<protocol.RigOutcome[]> {
    return this.ask(() => this.connection.sendRequest(protocol.startRequest, params), 'start');
  }

  stop(params: protocol.StopParams): Promise<protocol.RigOutcome[]> {
    return this.ask(() => this.connection.sendRequest(protocol.stopRequest, params), 'stop');
  }

  restart(params: protocol.StartParams): Promise<protocol.RigOutcome[]> {
    return this.ask(() => this.connection.sendRequest(protocol.restartRequest, params), 'start');
  }

  /** @returns undefined when it does not answer in time */
  async status(): Promise<protocol.RigSnapshot[] | undefined> {
    const answer = await within(
      ANSWER_MS,
      this.ask(() => this.connection.sendRequest(protocol.statusRequest)),
    );
    return answer === 'late' ? undefined : answer;
  }

  /** The rigs that it watches. One of an older version tells by its status. */
  async watched(): Promise<string[]> {
    const told = await within(
      ANSWER_MS,
      this.ask(() => this.connection.sendRequest(protocol.watchedRequest)).catch(() => undefined),
    );
    if (told !== undefined && told !== 'late') return told;
    const snapshots = (await this.status().catch(() => undefined)) ?? [];
    return snapshots.flatMap(({ live, managed }) => (managed && live.state !== 'stopped' ? [live.rig] : []));
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

  private async ask<T>(send: () => Promise<T>, purpose?: Purpose): Promise<T> {
    const silent = new AbortController();
    try {
      // Sending throws at once on a connection that is closed already.
      return await Promise.race([send(), this.silence(silent.signal, purpose)]);
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
  private async silence(done: AbortSignal, purpose?: Purpose): Promise<never> {
    for (;;) {
      await delay(ANSWER_MS, undefined, { signal: done, ref: false });
      if ((await within(ANSWER_MS, this.connection.sendRequest(protocol.helloRequest))) === 'late') {
        const { pid } = this.hello;
        throw new AppError(silenceCode(purpose), `the supervisor, pid ${pid}, does not answer any more`, {
          hint: `look at it with: ps -fp ${pid}; its end harms no server: end it, then try again`,
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

async function silent(paths: TownPaths, waitedMs: number, purpose: Purpose | undefined): Promise<AppError> {
  const pid = await recordedSupervisor(paths);
  const who = `the supervisor of ${paths.dataDir}${pid === undefined ? '' : `, pid ${pid},`}`;
  const what = { start: ': nothing was started', stop: ': nothing was stopped' };
  const hint =
    pid === undefined
      ? `its pid was to be in ${paths.supervisorState}; its end harms no server`
      : `look at it with: ps -fp ${pid}; its end harms no server: end it, then try again`;
  const message = `${who} does not answer within ${formatDuration(waitedMs)}${purpose ? what[purpose] : ''}`;
  return new AppError(silenceCode(purpose), message, { hint });
}

/** Whoever waits for a server has waited in vain; whatever else is asked has failed. */
function silenceCode(purpose: Purpose | undefined): ErrorCode {
  if (purpose === undefined) return 'SUPERVISOR_FAILED';
  return purpose === 'start' ? 'START_TIMEOUT' : 'STOP_TIMEOUT';
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
