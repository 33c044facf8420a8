import { verifyServer } from '../dolt/server-process.ts';
import { messageOf } from '../errors.ts';
import { type ServerProcess, shallRun } from '../town/live-state.ts';
import { ChangeQueue } from './change-queue.ts';
import { awaitEnd, refuseUnverified } from './end-server.ts';
import { lookAtHealth } from './health-watch.ts';
import { adoptServer, launchServer } from './launch-server.ts';
import { type Change, outcomeOf } from './outcome.ts';
import type { RigOutcome, RigSnapshot, RigStart, StartParams, StopParams } from './protocol.ts';
import { describeEnd, endedEarly, givenUp, markLog, onceReady, waitUntilReady } from './readiness.ts';
import { noteDeath, RESTART_TIMEOUT_MS, RestartSchedule } from './restart-schedule.ts';
import { RigRecord } from './rig-record.ts';
import type { RunnerOptions } from './runner-options.ts';
import type { ServerHandle } from './server-handle.ts';
import { awaitHandStarted, handStartedSnapshot, servedByHand } from './start-conflicts.ts';

/**
 * The life of one rig's server. Whatever changes it, a request, a death or a restart that is due,
 * is a change in one queue (docs/decisions/0050-one-queue-per-rig.md).
 */
export class RigRunner {
  readonly rig: string;
  private readonly options: RunnerOptions;
  private readonly record: RigRecord;
  private readonly changes = new ChangeQueue();
  private readonly restarts = new RestartSchedule();
  private readonly closing = new AbortController();
  private handle: ServerHandle | undefined;
  private dolt: StartParams['dolt'] | undefined;
  /** Set while the server is to end for a restart that nobody waits for any more: with what it starts. */
  private again: RigStart | undefined;

  constructor(options: RunnerOptions) {
    this.rig = options.rig;
    this.options = options;
    this.record = new RigRecord(options.paths, options.live, (message) => options.log('error', message));
  }

  /** Whether there is a reason for the supervisor to stay. */
  get needsWatching(): boolean {
    return this.handle !== undefined || this.restarts.pending || this.changes.busy;
  }

  /** Takes over what the last supervisor left: a server that lives, or one that died and shall run. */
  async takeUp(): Promise<void> {
    const { server } = this.record.live;
    const verdict = server && (await verifyServer(server));
    if (server && verdict?.result === 'verified') this.adopt(server);
    else if (verdict?.result === 'unknown') this.options.log('warning', `${this.rig}: not adopted: ${verdict.why}`);
    else this.runUnasked(() => this.takeUpDead());
  }

  /** Starts the server and waits until it is ready; nothing to do when it runs. */
  start(params: RigStart): Promise<RigOutcome> {
    return this.outcome(() => this.run((signal) => this.bringUp(params, signal)));
  }

  /** Ends the server, waits for its end, and starts it. */
  restart(params: RigStart): Promise<RigOutcome> {
    // A start that somebody waits for comes first, as asked.
    this.changes.interrupt(['unasked']);
    return this.outcome(() =>
      this.run(async (signal) => {
        // Not when a stop has come meanwhile.
        if ((await this.askToEnd()) && !signal.aborted) this.again = params;
        const { already = false, snapshot } = await this.bringUp(params, signal);
        if (already) throw servedByHand(this.rig, snapshot);
        return {};
      }),
    );
  }

  /** Ends the server: SIGTERM, and SIGKILL only with `force` and after the time-out. */
  stop(params: Omit<StopParams, 'rigs'>): Promise<RigOutcome> {
    this.changes.interrupt();
    this.again = undefined;
    return this.outcome(async () => {
      const handle = await this.run(() => this.askToEnd());
      if (!handle) return { already: true };
      // Beside the queue: a second stop, with force, need not wait for this one.
      const forced = await awaitEnd(handle, params);
      await this.run(() => this.onEnd(handle));
      if (forced) this.options.log('warning', `${this.rig}: killed pid ${handle.server.pid}, as asked`);
      return { forced };
    });
  }

  /** The state now, with a fresh answer over SQL where a server runs. */
  async snapshot(timeoutMs = 2_000): Promise<RigSnapshot> {
    // A server that stops waits for its clients: asking it would keep it.
    const probe = this.handle && !this.handle.stopping ? await this.handle.probe(timeoutMs) : null;
    const { handle, record } = this;
    // Dolt may be a script that has become Dolt since.
    const server = handle && record.live.server ? await handle.refresh() : record.live.server;
    const managed = { live: { ...record.live, server: record.live.server && server }, probe, managed: true };
    const watched = this.handle !== undefined || this.restarts.pending;
    return watched ? managed : ((await handStartedSnapshot(this.options.paths, this.rig)) ?? managed);
  }

  async checkHealth(timeoutMs: number): Promise<void> {
    if (this.handle) await lookAtHealth(this.handle, this.record, timeoutMs, this.options.log);
  }

  /** Lets go of the server without touching it. */
  async release(): Promise<void> {
    this.closing.abort();
    this.changes.interrupt();
    this.restarts.cancel();
    await this.changes.settled();
    this.handle?.release();
    await this.record.written();
  }

  private async takeUpDead(): Promise<void> {
    const { server, state } = this.record.live;
    if (this.handle) return; // A request had its turn before.
    if (shallRun(state)) await this.planRestart('its server ended while no supervisor ran');
    else if (server) await this.record.set('stopped', { server: null });
  }

  private async run<T>(work: (signal: AbortSignal) => Promise<T>, origin?: 'unasked'): Promise<T> {
    try {
      if (this.closing.signal.aborted) throw givenUp(this.rig);
      return await this.changes.run(work, origin);
    } finally {
      this.options.onIdle();
    }
  }

  /** A change that nobody asked for, and so nobody hears the error of. */
  private runUnasked(work: (signal: AbortSignal) => Promise<unknown>): void {
    if (this.closing.signal.aborted) return;
    this.run(work, 'unasked').catch((error: unknown) => this.options.log('error', `${this.rig}: ${messageOf(error)}`));
  }

  private outcome(change: () => Promise<Change>): Promise<RigOutcome> {
    return outcomeOf(change, () => this.snapshot(), this.closing.signal);
  }

  private adopt(server: ServerProcess): void {
    const { rig, options, record } = this;
    this.dolt = { path: server.executable, version: record.live.version ?? '' };
    const handle = adoptServer(server, record.live, options.passwords);
    this.watch(handle);
    options.log('info', `${rig}: adopted the server with pid ${server.pid}`);
    if (!handle.stopping) this.awaitLate(handle);
  }

  private async bringUp(params: RigStart, signal: AbortSignal): Promise<Change> {
    const { handle } = this;
    if (!handle) await refuseUnverified(this.rig, this.record.live.server);
    const already = this.record.live.state === 'running';
    if (handle?.stopping) {
      await awaitEnd(handle, { ...params, force: false, signal, startsAgain: this.again !== undefined });
      this.again = undefined;
      await this.onEnd(handle);
    } else if (handle && (await this.awaitReady(handle, params.timeoutMs, signal))) return { already };
    const byHand = await awaitHandStarted({ ...this.options, ...params, passwords: this.options.passwords() });
    if (byHand) return { already: true, snapshot: byHand };
    this.dolt = params.dolt;
    this.restarts.reset();
    await this.launch(params.timeoutMs, 0, signal);
    return {};
  }

  private async launch(timeoutMs: number, restarts: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw givenUp(this.rig);
    const { rig, options } = this;
    try {
      this.dolt ??= await options.findDolt();
      const { path: doltBin, version } = this.dolt;
      const mark = await markLog(options.paths.log(rig));
      const { handle, live } = await launchServer({ ...options, rig, config: await options.config(), doltBin });
      this.watch(handle);
      await this.record.set('starting', { ...live, version, restarts });
      if (!(await this.awaitReady(handle, timeoutMs, signal))) throw await endedEarly(handle, mark);
      options.log('info', `${rig}: ready on ${live.host}:${live.port}, pid ${handle.server.pid}`);
    } catch (error) {
      if (this.handle) this.awaitLate(this.handle);
      // Not what is tried again: a supervisor that dies meanwhile would leave it so for ever.
      else if (restarts === 0 && !signal.aborted)
        await this.record.set('failed', { server: null, restarts, lastError: messageOf(error) });
      throw error;
    }
  }

  /** @returns false when it ended instead */
  private async awaitReady(handle: ServerHandle, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const ready = (await waitUntilReady(handle, { timeoutMs, signal })) === 'ready';
    if (!ready) this.handle = undefined;
    else if (this.record.live.state !== 'running') await this.record.set('running', { server: await handle.refresh() });
    return ready;
  }

  /** Nobody waits for it, but the server goes on starting: see what becomes of it. */
  private awaitLate(handle: ServerHandle): void {
    onceReady(handle, this.closing.signal, async () => {
      if (this.handle !== handle || handle.stopping) return;
      await this.record.set('running', { server: await handle.refresh() });
    });
  }

  /** @returns the server that was sent SIGTERM, or undefined when there is none */
  private async askToEnd(): Promise<ServerHandle | undefined> {
    this.restarts.cancel();
    const { handle } = this;
    if (!handle) {
      await refuseUnverified(this.rig, this.record.live.server);
      if (this.record.live.state !== 'stopped') await this.record.set('stopped', { server: null, lastError: null });
      return;
    }
    await handle.askToEnd();
    await this.record.set('stopping', { server: handle.server });
    return handle;
  }

  private watch(handle: ServerHandle): void {
    this.handle = handle;
    void handle.exited.then(() => this.runUnasked(() => this.onEnd(handle)));
  }

  private async onEnd(handle: ServerHandle): Promise<void> {
    if (this.handle !== handle) return;
    this.handle = undefined;
    this.options.log(handle.stopping ? 'info' : 'warning', `${this.rig}: its server, pid ${handle.server.pid}, ended`);
    if (!handle.stopping) return this.planRestart(await describeEnd(this.options.paths.log(this.rig)));
    const { again } = this;
    this.again = undefined;
    // In the queue before anything is waited for: a stop that comes now finds it there, and interrupts it.
    if (again) this.runUnasked((signal) => this.bringUp({ ...again, timeoutMs: RESTART_TIMEOUT_MS }, signal));
    await this.record.set(again ? 'starting' : 'stopped', { server: null, lastError: null });
  }

  private async planRestart(lastError: string, restarts = this.record.live.restarts): Promise<void> {
    const start = () => this.runUnasked((signal) => this.launchAgain(signal));
    const failures = this.restarts.plan((await this.options.config()).restart, start);
    await noteDeath(this.record, { failures, restarts, lastError }, this.options.log);
  }

  private async launchAgain(signal: AbortSignal): Promise<void> {
    const { state, restarts } = this.record.live;
    // Not when a stop or a start had its turn after the timer had fired.
    if (state !== 'backoff') return;
    try {
      await this.launch(RESTART_TIMEOUT_MS, restarts + 1, signal);
    } catch (error) {
      if (!this.handle && !signal.aborted) await this.planRestart(messageOf(error), restarts + 1);
    }
  }
}
