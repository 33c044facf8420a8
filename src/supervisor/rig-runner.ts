import { lastLines } from '../dolt/log-file.ts';
import { signalServer } from '../dolt/server-process.ts';
import { AppError, messageOf } from '../errors.ts';
import type { TownConfig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { type LiveState, type RigState, type ServerProcess, writeLiveState } from '../town/live-state.ts';
import { formatDuration } from '../util/duration.ts';
import { launchServer, waitUntilReady } from './launch-server.ts';
import type { RigOutcome, RigSnapshot, StartParams, StopParams } from './protocol.ts';
import { RestartPolicy } from './restart-policy.ts';
import { ServerHandle } from './server-handle.ts';
import { handStartedSnapshot } from './start-conflicts.ts';
import { toWireError } from './wire-error.ts';

export interface RunnerOptions {
  readonly rig: string;
  readonly live: LiveState;
  readonly paths: TownPaths;
  readonly env: NodeJS.ProcessEnv;
  /** Reads gt.yaml anew, so that a start uses what it says now. */
  config(): Promise<TownConfig>;
  log(level: 'info' | 'warning' | 'error', message: string): void;
  /** Called when the rig may have ceased to need watching. */
  onIdle(): void;
}

/** A start that the supervisor makes by itself has nobody who waits for it: only its own bound. */
const RESTART_TIMEOUT_MS = 60_000;

/** The life of one rig's server. Every change of it goes through here, one after the other. */
export class RigRunner {
  readonly rig: string;
  private readonly options: RunnerOptions;
  private live: LiveState;
  private handle: ServerHandle | undefined;
  private dolt: StartParams['dolt'] | undefined;
  private policy: RestartPolicy | undefined;
  private retry: NodeJS.Timeout | undefined;
  /** Between a death and the decision what follows from it. */
  private deciding = false;
  private interruption = new AbortController();
  private lastChange: Promise<unknown> = Promise.resolve();
  private lastWrite: Promise<unknown> = Promise.resolve();

  constructor(options: RunnerOptions) {
    this.rig = options.rig;
    this.options = options;
    this.live = options.live;
  }

  /** Whether there is a reason for the supervisor to stay. */
  get needsWatching(): boolean {
    return this.handle !== undefined || this.retry !== undefined || this.deciding;
  }

  /** Takes over a server that was verified as ours and outlived its supervisor. */
  adopt(server: ServerProcess): void {
    this.dolt = { path: server.executable, version: this.live.version ?? '' };
    this.watch(new ServerHandle(server));
    this.options.log('info', `${this.rig}: adopted the server with pid ${server.pid}`);
    if (this.live.state !== 'running') void this.set('running', {});
  }

  /** Starts the server and waits until it is ready; nothing to do when it runs. */
  start(params: Omit<StartParams, 'rigs'>): Promise<RigOutcome> {
    return this.change(async () => {
      if (this.handle && this.live.state === 'running' && (await this.handle.isAlive())) return { already: true };
      const byHand = this.handle ? undefined : await handStartedSnapshot(this.options.paths, this.rig);
      if (byHand) return { already: true, snapshot: byHand };
      this.dolt = params.dolt;
      this.policy?.forget();
      this.cancelRetry();
      if (this.handle) await this.awaitOldServer(this.handle, params.timeoutMs);
      await this.launch(params.timeoutMs, 0);
      return {};
    });
  }

  /** Ends the server: SIGTERM, and SIGKILL only with `force` and after the time-out. */
  stop(params: Omit<StopParams, 'rigs'>): Promise<RigOutcome> {
    // A start that waits gives way.
    this.interruption.abort();
    return this.change(async () => {
      this.cancelRetry();
      if (this.handle) return { forced: await this.end(this.handle, params) };
      if (this.live.state !== 'stopped') await this.set('stopped', { server: null });
      return { already: true };
    });
  }

  restart(params: Omit<StartParams, 'rigs'>): Promise<RigOutcome> {
    this.interruption.abort();
    return this.change(async () => {
      this.dolt = params.dolt;
      this.policy?.forget();
      this.cancelRetry();
      if (this.handle) await this.end(this.handle, { timeoutMs: params.timeoutMs, force: false });
      const byHand = await handStartedSnapshot(this.options.paths, this.rig);
      if (byHand) {
        throw new AppError(
          'FOREIGN_SERVER',
          `rig "${this.rig}" is served by pid ${byHand.live.server?.pid}, which gt did not start`,
          {
            hint: `gt dolt stop ${this.rig} --force   ends it, then: gt dolt start ${this.rig}`,
          },
        );
      }
      await this.launch(params.timeoutMs, 0);
      return {};
    });
  }

  /** The state now, with a fresh answer over SQL where a server runs. */
  async snapshot(timeoutMs: number): Promise<RigSnapshot> {
    const handle = this.handle;
    if (!handle) {
      return (
        (this.retry ? undefined : await handStartedSnapshot(this.options.paths, this.rig)) ?? {
          live: this.live,
          probe: null,
          managed: true,
        }
      );
    }
    const { host, port } = this.live;
    const probe = await handle.probe({ host, port, database: this.rig, token: handle.server.token, timeoutMs });
    return { live: this.live, probe, managed: true };
  }

  /** One look at the server's health; what is wrong goes to the state and the log. */
  async checkHealth(timeoutMs: number): Promise<void> {
    if (this.live.state !== 'running' || !this.handle) return;
    const { probe } = await this.snapshot(timeoutMs);
    const problem = probe && !probe.reachable ? `does not answer over SQL: ${probe.error}` : null;
    if (problem === this.live.lastError || this.live.state !== 'running') return;
    this.options.log(problem ? 'warning' : 'info', `${this.rig}: ${problem ?? 'answers over SQL again'}`);
    await this.set('running', { lastError: problem });
  }

  /** Lets go of the server without touching it. */
  async release(): Promise<void> {
    this.cancelRetry();
    this.interruption.abort();
    this.handle?.release();
    this.handle = undefined;
    await this.lastWrite;
  }

  private change(
    work: () => Promise<{ already?: boolean; forced?: boolean; snapshot?: RigSnapshot }>,
  ): Promise<RigOutcome> {
    const begun = performance.now();
    const changed = this.lastChange.then(async (): Promise<RigOutcome> => {
      this.interruption = new AbortController();
      const outcome = { already: false, forced: false, error: null };
      try {
        const { snapshot, ...done } = await work();
        return {
          ...outcome,
          ...done,
          snapshot: snapshot ?? (await this.snapshot(1_000)),
          tookMs: performance.now() - begun,
        };
      } catch (error) {
        const snapshot = { live: this.live, probe: null, managed: true };
        return { ...outcome, error: toWireError(error), snapshot, tookMs: performance.now() - begun };
      } finally {
        this.options.onIdle();
      }
    });
    this.lastChange = changed;
    return changed;
  }

  private async launch(timeoutMs: number, restarts: number): Promise<void> {
    const { dolt } = this;
    if (!dolt) throw new AppError('DOLT_NOT_FOUND', 'the supervisor was not told which dolt to run');
    const { paths, env } = this.options;
    try {
      const launched = await launchServer({
        paths,
        env,
        rig: this.rig,
        config: await this.options.config(),
        doltBin: dolt.path,
      });
      this.watch(launched.handle);
      const { host, port } = launched.target;
      const started = {
        host,
        port,
        remotesapiPort: launched.remotesapiPort,
        version: dolt.version,
        startedAt: new Date().toISOString(),
      };
      await this.set('starting', { ...started, server: launched.handle.server, restarts, lastError: null });
      await waitUntilReady(launched, paths.log(this.rig), { timeoutMs, signal: this.interruption.signal });
      await this.set('running', {});
      this.options.log('info', `${this.rig}: ready on ${host}:${port}, pid ${launched.handle.server.pid}`);
    } catch (error) {
      if (this.handle) void this.startedLate(this.handle);
      else await this.set('failed', { server: null, restarts, lastError: messageOf(error) });
      throw error;
    }
  }

  /** Nobody waits any more, but the server goes on starting: see what becomes of it. */
  private async startedLate(handle: ServerHandle): Promise<void> {
    while (this.handle === handle && this.live.state === 'starting') {
      const { probe } = await this.snapshot(RESTART_TIMEOUT_MS);
      if (this.live.state === 'starting' && probe?.identity === 'verified') await this.set('running', {});
    }
  }

  private async end(handle: ServerHandle, params: Omit<StopParams, 'rigs'>): Promise<boolean> {
    handle.stopping = true;
    await this.set('stopping', {});
    handle.disconnect();
    await signalServer(handle.server, 'SIGTERM');
    if (await endsWithin(handle, params.timeoutMs)) return false;
    if (!params.force) {
      throw new AppError(
        'STOP_TIMEOUT',
        `rig "${this.rig}" is still stopping after ${formatDuration(params.timeoutMs)} (pid ${handle.server.pid})`,
        {
          hint: `wait, or kill it and lose what it has not yet written: gt dolt stop ${this.rig} --force`,
        },
      );
    }
    this.options.log('warning', `${this.rig}: killing pid ${handle.server.pid}, as asked`);
    await signalServer(handle.server, 'SIGKILL');
    await handle.exited;
    return true;
  }

  /** A server that is still stopping, or that never got ready, is in the way of a new one. */
  private async awaitOldServer(handle: ServerHandle, timeoutMs: number): Promise<void> {
    if (!handle.stopping)
      throw new AppError('START_TIMEOUT', `rig "${this.rig}" is still starting (pid ${handle.server.pid})`, {
        hint: `gt dolt logs ${this.rig}`,
      });
    if (await endsWithin(handle, timeoutMs)) return;
    throw new AppError('STOP_TIMEOUT', `rig "${this.rig}" is still stopping (pid ${handle.server.pid})`, {
      hint: `gt dolt stop ${this.rig} --force`,
    });
  }

  private watch(handle: ServerHandle): void {
    this.handle = handle;
    void handle.exited.then(() => {
      if (this.handle !== handle) return;
      this.handle = undefined;
      this.options.log(
        handle.stopping ? 'info' : 'warning',
        `${this.rig}: the server with pid ${handle.server.pid} ended`,
      );
      if (handle.stopping) void this.set('stopped', { server: null });
      else if (this.live.state === 'running') void this.scheduleRestart(this.live.restarts + 1);
      this.options.onIdle();
    });
  }

  private async scheduleRestart(restarts: number): Promise<void> {
    this.deciding = true;
    const [{ restart }, lines] = await Promise.all([
      this.options.config(),
      lastLines(this.options.paths.log(this.rig), 5),
    ]);
    this.policy ??= new RestartPolicy(restart);
    const decision = this.policy.decide(Date.now());
    const lastError =
      this.live.state === 'failed' && this.live.lastError
        ? this.live.lastError
        : `the server ended; its last log lines:\n${lines.join('\n')}`;
    if (decision.action === 'give-up') {
      this.deciding = false;
      this.options.log('error', `${this.rig}: given up after ${decision.failures} failures`);
      await this.set('failed', {
        server: null,
        restarts: restarts - 1,
        lastError: `given up after ${decision.failures} failures. ${lastError}`,
      });
      this.options.onIdle();
      return;
    }
    this.retry = setTimeout(() => {
      this.retry = undefined;
      void this.change(async () => {
        if (!this.handle) await this.launch(RESTART_TIMEOUT_MS, restarts);
        return {};
      }).then(({ error }) => {
        if (error && !this.handle && this.live.state === 'failed') void this.scheduleRestart(restarts + 1);
      });
    }, decision.delayMs);
    this.deciding = false;
    await this.set('backoff', { server: null, lastError });
  }

  private cancelRetry(): void {
    clearTimeout(this.retry);
    this.retry = undefined;
  }

  /** Changes the live state at once, and writes it in order. */
  private set(state: RigState, changes: Partial<LiveState>): Promise<void> {
    this.live = { ...this.live, ...changes, state };
    const { live } = this;
    const written = this.lastWrite.then(() => writeLiveState(this.options.paths, live));
    this.lastWrite = written.catch((error: unknown) => this.options.log('error', messageOf(error)));
    return written.catch(() => undefined);
  }
}

async function endsWithin(handle: ServerHandle, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const ended = await Promise.race([handle.exited.then(() => true as const), late]);
  clearTimeout(timer);
  return ended;
}
