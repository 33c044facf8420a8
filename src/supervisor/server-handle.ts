import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from 'mysql2/promise';
import type { RigProbe } from '../dolt/rig-probe.ts';
import { askServer, connect, failedProbe, type ProbeTarget } from '../dolt/server-probe.ts';
import { signalServer, verifyServer } from '../dolt/server-process.ts';
import { AppError } from '../errors.ts';
import type { RigTls, ServerProcess } from '../town/live-state.ts';
import { inspectProcess } from '../util/process-identity.ts';

/** How often an adopted server, whose exit nobody reports to us, is looked at. */
const ADOPTED_POLL_MS = 400;
/** Of one question; who asks may wait for less. */
const QUESTION_TIMEOUT_MS = 5_000;

/** Where a server answers, and with which database. */
export interface ServerPlace {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly tls?: RigTls | null | undefined;
  /** The passwords of root that are known now, to be tried in that order. */
  passwords(): string[];
}

/**
 * A server process that the supervisor watches: its own child, or a survivor that it adopted.
 * Keeps one connection for questions, so that asking costs a query and not a login.
 */
export class ServerHandle {
  readonly place: ServerPlace;
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>;
  /** Set when its end was asked for. */
  stopping = false;
  private recorded: ServerProcess;
  private readonly child: ChildProcess | undefined;
  private connection: Connection | undefined;
  private asking: Promise<RigProbe> | undefined;
  private released = false;

  constructor(server: ServerProcess, place: ServerPlace, child?: ChildProcess) {
    this.recorded = server;
    this.place = place;
    this.child = child;
    this.exited = (child ? childExit(child) : this.pollExit()).then(() => this.disconnect());
  }

  get server(): ServerProcess {
    return this.recorded;
  }

  /**
   * Looks at the process anew. `dolt` may be a script that replaces itself by Dolt, so the program
   * changes under one pid: a child of ours that has not been reaped is surely the one we spawned.
   */
  async refresh(): Promise<ServerProcess> {
    const { child, recorded } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return recorded;
    const details = await inspectProcess(recorded.pid).catch(() => undefined);
    if (details?.executable && details.startTime === recorded.startTime)
      this.recorded = { ...recorded, executable: details.executable };
    return this.recorded;
  }

  /**
   * Sends SIGTERM. Dolt waits for its clients before it ends, so nothing is asked of it any more, and
   * a question that is under way is given up.
   *
   * @throws AppError IDENTITY_UNVERIFIED, and then nothing was signalled
   */
  async askToEnd(): Promise<void> {
    const before = this.stopping;
    this.stopping = true;
    this.disconnect();
    try {
      await this.signal('SIGTERM');
    } catch (error) {
      this.stopping = before;
      throw error;
    }
  }

  /**
   * Signals the process after verifying it once more.
   *
   * @throws AppError IDENTITY_UNVERIFIED, and then nothing was signalled
   */
  async signal(name: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const seen = await this.refresh();
    try {
      await signalServer(seen, name);
    } catch (error) {
      // A script may have become Dolt just between the two looks.
      const now = await this.refresh();
      if (now.executable === seen.executable) throw error;
      await signalServer(now, name);
    }
  }

  /** Whether the process ends within that time; false also when the signal comes first. */
  async endsWithin(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    const timer = new AbortController();
    const late = delay(timeoutMs, false, { signal: timer.signal }).catch(() => false);
    const abort = () => timer.abort();
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) timer.abort();
    try {
      return await Promise.race([this.exited.then(() => true), late]);
    } finally {
      signal?.removeEventListener('abort', abort);
      timer.abort();
    }
  }

  /** Asks the server who it is. Several callers at the same time share one question. */
  async probe(timeoutMs: number): Promise<RigProbe> {
    this.asking ??= this.ask().finally(() => {
      this.asking = undefined;
    });
    const timer = new AbortController();
    const late = delay(timeoutMs, undefined, { signal: timer.signal, ref: false })
      // An answer that came while we were kept from looking at it is one.
      .then(() => new Promise(setImmediate))
      .catch(() => undefined)
      .then(() => failedProbe(new AppError('SERVER_UNREACHABLE', `no answer within ${timeoutMs} ms`)));
    try {
      return await Promise.race([this.asking, late]);
    } finally {
      timer.abort();
    }
  }

  /** Lets go of the process: it runs on, nobody watches it. */
  release(): void {
    this.released = true;
    this.disconnect();
  }

  private async ask(): Promise<RigProbe> {
    const { place, recorded } = this;
    const target = { ...place, passwords: place.passwords(), token: recorded.token, timeoutMs: QUESTION_TIMEOUT_MS };
    try {
      if (this.stopping) throw new AppError('SERVER_UNREACHABLE', 'it is stopping');
      this.connection ??= await this.connect(target);
      return await askServer(this.connection, target);
    } catch (error) {
      this.disconnect();
      return failedProbe(error);
    }
  }

  private async connect(target: ProbeTarget): Promise<Connection> {
    const connection = await connect(target);
    // The server's end closes it; the process's end is what we act upon.
    connection.on('error', () => this.disconnect());
    if (!this.released && !this.stopping) return connection;
    connection.destroy();
    throw new AppError('CANCELLED', 'nobody asks any more');
  }

  /** Closes the connection that is kept for questions. */
  disconnect(): void {
    this.connection?.destroy();
    this.connection = undefined;
  }

  private async pollExit(): Promise<void> {
    while (!this.released && (await verifyServer(this.recorded)).result !== 'dead') {
      await delay(ADOPTED_POLL_MS, undefined, { ref: false });
    }
    // Released: nobody watches any more, so its end is never told.
    if (this.released) await new Promise(() => undefined);
  }
}

function childExit(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}
