import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import {
  createMessageConnection,
  type MessageConnection,
  SocketMessageReader,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node.js';
import { makeTownDirectories } from '../dolt/environment.ts';
import { rotateLog } from '../dolt/log-rotation.ts';
import { verifyServer } from '../dolt/server-process.ts';
import { AppError, messageOf } from '../errors.ts';
import { readTownConfig, type TownConfig } from '../town/config.ts';
import { type TownPaths, townPaths } from '../town/data-dir.ts';
import { type LiveState, readLiveState, rigsWithState } from '../town/live-state.ts';
import { writeFileAtomic } from '../util/atomic-write.ts';
import { ownIdentity } from '../util/process-identity.ts';
import { acquireLock, type ProcessLock } from '../util/process-lock.ts';
import { socketPath } from '../util/socket-path.ts';
import * as protocol from './protocol.ts';
import { RigRunner } from './rig-runner.ts';

export interface SupervisorOptions {
  readonly dataDir: string;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  log(level: 'info' | 'warning' | 'error', message: string): void;
}

const HOUSEKEEPING_MS = 5_000;
const STATUS_PROBE_MS = 1_000;

/**
 * Watches the servers of one data dir. One at a time: it holds the town's supervisor lock for all
 * its life. Its own end, however it comes, leaves the servers running; the next one adopts them.
 */
export class Supervisor {
  /** Resolves when it has ended: nothing is left to watch, or it was asked to. */
  readonly ended: Promise<void>;
  private readonly paths: TownPaths;
  private readonly options: SupervisorOptions;
  private readonly runners = new Map<string, RigRunner>();
  private readonly clients = new Set<MessageConnection>();
  private readonly startedAt = new Date().toISOString();
  private readonly timers: NodeJS.Timeout[] = [];
  private server: Server | undefined;
  private lock: ProcessLock | undefined;
  private lastConfig: TownConfig | undefined;
  private requests = 0;
  private end: () => void = () => undefined;

  constructor(options: SupervisorOptions) {
    this.options = options;
    this.paths = townPaths(options.dataDir);
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  /**
   * Takes the lock, adopts survivors, listens.
   *
   * @throws AppError LOCK_TIMEOUT when another supervisor watches this data dir
   */
  async open(): Promise<void> {
    await makeTownDirectories(this.paths);
    this.lock = await acquireLock({
      directory: this.paths.lock('supervisor'),
      purpose: 'gt dolt supervisor',
      timeoutMs: 0,
    });
    await this.adoptSurvivors();
    await this.listen();
    const state = { ...(await ownIdentity()), version: this.options.version, startedAt: this.startedAt };
    await writeFileAtomic(this.paths.supervisorState, `${JSON.stringify(state, null, 2)}\n`);
    const { health } = await this.config();
    this.timers.push(setInterval(() => void this.checkHealth(health.timeoutMs), health.intervalMs));
    this.timers.push(setInterval(() => void this.housekeeping(), HOUSEKEEPING_MS));
    this.options.log('info', `supervisor ${this.options.version} watches ${this.paths.dataDir}`);
  }

  start(
    params: protocol.StartParams,
    done: (outcome: protocol.RigOutcome) => void = () => undefined,
  ): Promise<protocol.RigOutcome[]> {
    return this.each(params.rigs, (runner) => runner.start(params), done);
  }

  stop(
    params: protocol.StopParams,
    done: (outcome: protocol.RigOutcome) => void = () => undefined,
  ): Promise<protocol.RigOutcome[]> {
    return this.each(params.rigs, (runner) => runner.stop(params), done);
  }

  /** Names of the rigs whose servers it watches. */
  get watched(): string[] {
    return [...this.runners.values()].filter((runner) => runner.needsWatching).map((runner) => runner.rig);
  }

  /** Ends the supervisor and leaves the servers alone. */
  async close(): Promise<void> {
    if (!this.server) return;
    const { server } = this;
    this.server = undefined;
    for (const timer of this.timers) clearInterval(timer);
    await Promise.all([...this.runners.values()].map((runner) => runner.release()));
    await rm(this.paths.supervisorState, { force: true });
    // Closing removes the socket file; who connects from now on starts the next supervisor.
    await new Promise((resolve) => {
      server.close(resolve);
      for (const client of this.clients) client.end();
    });
    await this.lock?.release();
    this.options.log('info', 'supervisor ends');
    this.end();
  }

  private async each(
    rigs: readonly string[],
    act: (runner: RigRunner) => Promise<protocol.RigOutcome>,
    done: (outcome: protocol.RigOutcome) => void,
  ): Promise<protocol.RigOutcome[]> {
    this.requests += 1;
    try {
      return await Promise.all(
        rigs.map(async (rig) => {
          const outcome = await act(await this.runner(rig));
          done(outcome);
          return outcome;
        }),
      );
    } finally {
      this.requests -= 1;
      this.endIfIdle();
    }
  }

  private async adoptSurvivors(): Promise<void> {
    await Promise.all(
      (await rigsWithState(this.paths)).map(async (rig) => {
        const live = await readLiveState(this.paths, rig);
        if (!live?.server) return;
        const verdict = await verifyServer(live.server);
        if (verdict.result === 'verified') (await this.runner(rig)).adopt(live.server);
        else if (verdict.result === 'unknown') this.options.log('warning', `${rig}: not adopted: ${verdict.why}`);
      }),
    );
  }

  private async runner(rig: string): Promise<RigRunner> {
    const known = this.runners.get(rig);
    if (known) return known;
    const live = (await readLiveState(this.paths, rig)) ?? (await this.stoppedState(rig));
    const { paths, options } = this;
    const made = new RigRunner({
      rig,
      live,
      paths,
      env: options.env,
      config: () => this.config(),
      log: options.log,
      onIdle: () => this.endIfIdle(),
    });
    // Another request may have made it while this one read the state.
    const runner = this.runners.get(rig) ?? made;
    this.runners.set(rig, runner);
    return runner;
  }

  private async stoppedState(rig: string): Promise<LiveState> {
    const settings = (await this.config()).rigs.find((one) => one.name === rig);
    const none = { server: null, version: null, startedAt: null, restarts: 0, lastError: null };
    return {
      rig,
      state: 'stopped',
      host: settings?.host ?? '127.0.0.1',
      port: settings?.port ?? 0,
      remotesapiPort: settings?.remotesapiPort ?? null,
      ...none,
    };
  }

  /** What gt.yaml says now; while somebody breaks it in an editor, what it said before. */
  private async config(): Promise<TownConfig> {
    try {
      this.lastConfig = await readTownConfig(this.paths.config);
    } catch (error) {
      if (!this.lastConfig) throw error;
    }
    return this.lastConfig;
  }

  private async listen(): Promise<void> {
    const path = socketPath(this.paths.supervisorSocket);
    // We hold the lock: whoever made this file is gone.
    await rm(path, { force: true });
    const server = createServer((socket) => this.serve(socket));
    this.server = server;
    const mask = process.umask(0o077);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(path, resolve);
      });
    } finally {
      process.umask(mask);
    }
    await chmod(path, 0o600);
  }

  private serve(socket: Socket): void {
    const connection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
    this.clients.add(connection);
    const forget = () => {
      this.clients.delete(connection);
      this.endIfIdle();
    };
    connection.onClose(forget);
    connection.onError(forget);
    const done = (outcome: protocol.RigOutcome) => {
      void connection.sendNotification(protocol.rigDoneNotification, outcome).catch(() => undefined);
    };
    connection.onRequest(protocol.helloRequest, () => ({
      version: this.options.version,
      pid: process.pid,
      startedAt: this.startedAt,
    }));
    connection.onRequest(protocol.startRequest, (params) => this.start(params, done));
    connection.onRequest(protocol.stopRequest, (params) => this.stop(params, done));
    connection.onRequest(protocol.restartRequest, (params) =>
      this.each(params.rigs, (runner) => runner.restart(params), done),
    );
    connection.onRequest(protocol.statusRequest, () =>
      Promise.all([...this.runners.values()].map((runner) => runner.snapshot(STATUS_PROBE_MS))),
    );
    connection.onRequest(protocol.handoverRequest, () => {
      setImmediate(() => void this.close());
      return null;
    });
    connection.listen();
  }

  /** Ends when no rig is left to watch and nobody asks for anything. */
  private endIfIdle(): void {
    if (this.server && this.requests === 0 && this.clients.size === 0 && this.watched.length === 0) void this.close();
  }

  private async checkHealth(timeoutMs: number): Promise<void> {
    await Promise.all([...this.runners.values()].map((runner) => runner.checkHealth(timeoutMs)));
  }

  private async housekeeping(): Promise<void> {
    try {
      const { logs } = await this.config();
      for (const file of [this.paths.supervisorLog, ...[...this.runners.keys()].map(this.paths.log)]) {
        if (rotateLog(file, logs)) this.options.log('info', `rotated ${file}`);
      }
    } catch (error) {
      const hint = error instanceof AppError && error.hint ? ` (${error.hint})` : '';
      this.options.log('warning', `logs are not rotated: ${messageOf(error)}${hint}`);
    }
    // Whoever started it may have died before it asked for anything.
    this.endIfIdle();
  }
}
