import { rm } from 'node:fs/promises';
import { findDolt } from '../dolt/binary.ts';
import { makeTownDirectories } from '../dolt/environment.ts';
import { rotateLogs } from '../dolt/log-rotation.ts';
import { assertDoltTakes } from '../dolt/rig-database.ts';
import { messageOf } from '../errors.ts';
import { type TownPaths, townPaths } from '../town/data-dir.ts';
import { readLiveState, rigsWithState } from '../town/live-state.ts';
import { rootPasswords } from '../town/secrets.ts';
import { writeFileAtomic } from '../util/atomic-write.ts';
import { ownIdentity } from '../util/process-identity.ts';
import type { ProcessLock } from '../util/process-lock.ts';
import { HealthWatch } from './health-watch.ts';
import type { Hello, RigOutcome, RigSnapshot, StartParams, StopParams } from './protocol.ts';
import { stoppedState } from './rig-record.ts';
import { RigRunner } from './rig-runner.ts';
import { takeSupervisorLock } from './supervisor-lock.ts';
import { SupervisorSocket } from './supervisor-socket.ts';
import { livingRigs } from './survivors.ts';
import { SyncSchedule } from './sync/sync-schedule.ts';
import { TownSettings } from './town-settings.ts';

export interface SupervisorOptions {
  readonly dataDir: string;
  readonly version: string;
  /** The `bd` of this package, which scheduled syncs run: a script of Node. */
  readonly bd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  /** Adopt what runs and leave what died as it is, until somebody asks for a start: for a supervisor that only stops. */
  readonly adoptOnly?: boolean;
  log(level: 'info' | 'warning' | 'error', message: string): void;
}

type RigDone = (outcome: RigOutcome) => void;

const HOUSEKEEPING_MS = 5_000;
const STATUS_PROBE_MS = 2_000;
const ignore = () => undefined;

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
  private readonly startedAt = new Date().toISOString();
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly health: HealthWatch;
  private readonly syncs: SyncSchedule;
  private readonly socket: SupervisorSocket;
  private lock: ProcessLock | undefined;
  private readonly settings: TownSettings;
  private requests = 0;
  private password: string;
  private opened = false;
  private closing = false;
  /** Whether the rigs whose servers died while no supervisor ran have been looked after. */
  private resumed = false;
  private end: () => void = ignore;

  constructor(options: SupervisorOptions) {
    this.options = options;
    this.password = options.env['BEADS_DOLT_PASSWORD'] ?? '';
    this.paths = townPaths(options.dataDir);
    this.settings = new TownSettings(this.paths.config, (message) => options.log('warning', message));
    this.health = new HealthWatch(this.settings, () => this.runners.values());
    this.syncs = new SyncSchedule({
      paths: this.paths,
      bd: options.bd,
      env: options.env,
      password: () => this.password,
      log: options.log,
    });
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    this.socket = new SupervisorSocket({
      hello: () => this.hello(),
      start: (params, done) => this.start(params, done),
      stop: (params, done) => this.stop(params, done),
      restart: (params, done) => this.restart(params, done),
      status: () => this.status(),
      watched: () => this.watched,
      handover: () => void this.close(),
      onLeave: () => this.endIfIdle(),
    });
  }

  /**
   * Takes the lock, adopts survivors, listens.
   *
   * @throws AppError DATA_DIR_BUSY when another supervisor watches this data dir, CONFIG_INVALID, VALIDATION
   */
  async open(): Promise<void> {
    const { log, version } = this.options;
    assertDoltTakes(this.paths.dataDir);
    await makeTownDirectories(this.paths);
    this.lock = await takeSupervisorLock(this.paths);
    for (const rig of await livingRigs(this.paths, await rigsWithState(this.paths)))
      await (await this.runner(rig)).takeUp();
    const state = { ...(await ownIdentity()), version, startedAt: this.startedAt };
    // Before the first client, who may have read it and may end us.
    await writeFileAtomic(this.paths.supervisorState, `${JSON.stringify(state, null, 2)}\n`);
    await this.socket.listen(this.paths.supervisorSocket);
    this.opened = true;
    // Who only stops the servers may have an invalid gt.yaml.
    await this.settings.read().catch((error: unknown) => log('warning', messageOf(error)));
    this.health.keepPace();
    this.timers.push(setInterval(() => void this.housekeeping(), HOUSEKEEPING_MS));
    log('info', `supervisor ${version} watches ${this.paths.dataDir}`);
  }

  async start(params: StartParams, done: RigDone = ignore): Promise<RigOutcome[]> {
    this.password = params.password ?? this.password;
    await this.resumeOthers(params.rigs);
    return this.each(params.rigs, (runner) => runner.start(params), done);
  }

  async stop(params: StopParams, done: RigDone = ignore): Promise<RigOutcome[]> {
    if (!this.options.adoptOnly) await this.resumeOthers(params.rigs);
    return this.each(params.rigs, (runner) => this.syncs.without(runner.rig, () => runner.stop(params)), done);
  }

  private async restart(params: StartParams, done: RigDone): Promise<RigOutcome[]> {
    this.password = params.password ?? this.password;
    await this.resumeOthers(params.rigs);
    return this.each(params.rigs, (runner) => this.syncs.without(runner.rig, () => runner.restart(params)), done);
  }

  /** Stays while `work` goes on, also with nothing to watch. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.requests += 1;
    try {
      return await work();
    } finally {
      this.requests -= 1;
      this.endIfIdle();
    }
  }

  /** Names of the rigs whose servers it watches. */
  get watched(): string[] {
    return [...this.runners.values()].filter((runner) => runner.needsWatching).map((runner) => runner.rig);
  }

  /** Ends the supervisor and leaves the servers alone. */
  async close(): Promise<void> {
    if (!this.opened) return;
    this.opened = false;
    this.closing = true;
    for (const timer of this.timers) clearInterval(timer);
    this.health.stop();
    // Who comes from now on finds no supervisor, and starts the next one, which waits for the lock.
    this.socket.refuse();
    await this.syncs.close();
    await Promise.all([...this.runners.values()].map((runner) => runner.release()));
    await rm(this.paths.supervisorState, { force: true });
    // Before the lock: closing removes the socket's file, which must not be the next supervisor's.
    await this.socket.close();
    await this.lock?.release();
    this.options.log('info', 'supervisor ends');
    this.end();
  }

  /**
   * Starts again what died while no supervisor ran, but for the rigs of a request: what becomes of
   * those is its own work.
   */
  private async resumeOthers(asked: readonly string[]): Promise<void> {
    if (this.resumed) return;
    this.resumed = true;
    await this.during(async () => {
      for (const rig of asked) await this.runner(rig);
      for (const rig of await rigsWithState(this.paths)) {
        if (!this.runners.has(rig)) await (await this.runner(rig)).takeUp();
      }
    });
  }

  private async each(
    rigs: readonly string[],
    act: (runner: RigRunner) => Promise<RigOutcome>,
    done: RigDone,
  ): Promise<RigOutcome[]> {
    const change = async (rig: string) => {
      const outcome = await act(await this.runner(rig));
      done(outcome);
      return outcome;
    };
    return this.during(() => Promise.all(rigs.map(change)));
  }

  private hello(): Hello {
    return { version: this.options.version, pid: process.pid, startedAt: this.startedAt };
  }

  private status(): Promise<RigSnapshot[]> {
    return Promise.all([...this.runners.values()].map((runner) => runner.snapshot(STATUS_PROBE_MS)));
  }

  private async runner(rig: string): Promise<RigRunner> {
    const { paths, runners } = this;
    const { env, home, log } = this.options;
    const live = (await readLiveState(paths, rig)) ?? (await stoppedState(rig, this.settings));
    // Another request may have made it while this one read the state.
    const known = runners.get(rig);
    if (known) return known;
    const made = new RigRunner({
      ...{ rig, live, paths, env, log },
      config: () => this.settings.read(),
      findDolt: async () => findDolt({ env, home, configuredPath: (await this.settings.read()).doltPath }),
      passwords: () => rootPasswords(paths, rig, this.password),
      onIdle: () => this.endIfIdle(),
    });
    runners.set(rig, made);
    // Asked for before, found after: it touches nothing.
    if (this.closing) await made.release();
    return made;
  }

  /** Ends when no rig is left to watch and nobody asks for anything. */
  private endIfIdle(): void {
    // A start that died before it asked for anything has left that to us.
    if (!this.resumed && !this.options.adoptOnly) return;
    if (this.requests === 0 && this.socket.clientCount === 0 && this.watched.length === 0) void this.close();
  }

  private async housekeeping(): Promise<void> {
    const { paths } = this;
    try {
      const { logs, rigs } = await this.settings.read();
      if (this.opened) this.health.keepPace();
      const known = [...this.runners.keys()];
      const files = [paths.supervisorLog, ...known.map(paths.log), ...known.map(paths.syncLog)];
      rotateLogs(files, logs, this.options.log);
      await this.syncs.look(rigs, this.watched);
    } catch (error) {
      this.options.log('warning', `housekeeping: ${messageOf(error)}`);
    }
    // Its starter may have died before it asked.
    if (!this.options.adoptOnly)
      await this.resumeOthers([]).catch((error: unknown) => this.options.log('error', messageOf(error)));
    this.endIfIdle();
  }
}
