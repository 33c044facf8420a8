import type { DoltBinary } from '../dolt/binary.ts';
import type { AppError } from '../errors.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { readLiveState } from '../town/live-state.ts';
import { assertRigName } from '../town/rig-name.ts';
import { askSupervisors } from './ask-supervisors.ts';
import { SupervisorClient } from './client.ts';
import { ensureSupervisor } from './ensure-supervisor.ts';
import { configOrState, noSuchRig } from './known-rigs.ts';
import { lookedAt } from './looked-at.ts';
import { prepareRigs } from './prepare-rigs.ts';
import type { RigOutcome, StartParams } from './protocol.ts';
import { rigStatus, stoppedSnapshot } from './rig-status.ts';
import { settleDead } from './settle-dead.ts';
import { stopHandStarted } from './stop-hand-started.ts';
import { survivors, unlistedSurvivors } from './survivors.ts';
import type { ChangeOptions, RigResult, StartOptions, StopOptions, TownOptions } from './town-options.ts';
import { fromWireError } from './wire-error.ts';

/** Starts and stops the servers of a town, by way of its supervisor where there is one. */
export class TownLifecycle {
  private readonly paths: TownPaths;
  private readonly options: TownOptions;

  constructor(paths: TownPaths, options: TownOptions) {
    this.paths = paths;
    this.options = options;
  }

  /** Stops servers. What is stopped already is left so; the supervisor ends with the last of them. */
  async stop(options: StopOptions): Promise<RigResult[]> {
    const { signal, timeoutMs } = options;
    const watching = await SupervisorClient.connect(this.paths, { signal, timeoutMs, purpose: 'stop' });
    try {
      return await this.stopBy(watching, options);
    } finally {
      watching?.close();
    }
  }

  private async stopBy(watching: SupervisorClient | undefined, options: StopOptions): Promise<RigResult[]> {
    // What it says comes before the state files, which somebody may have broken or removed.
    const watched = (await watching?.watched()) ?? [];
    const rigs = await this.rigsToStop(options, watched);
    const running = new Set([...(await survivors(this.paths, rigs)), ...watched.filter((rig) => rigs.includes(rig))]);
    // Without a supervisor there is nothing to ask, unless one of its servers outlived it.
    if (!watching && running.size > 0) for (const rig of await settleDead(this.paths, running)) running.delete(rig);
    const alive = rigs.filter((rig) => running.has(rig));
    const stopped = await Promise.all(
      rigs.filter((rig) => !running.has(rig)).map((rig) => this.stopUnwatched(rig, options)),
    );
    for (const result of stopped) options.onRigDone?.(result);
    if (alive.length === 0) return stopped;
    watching?.close();
    const { signal, timeoutMs, force } = options;
    const supervise = () => this.supervise(signal, true);
    const ask = (client: SupervisorClient, left: string[]) => client.stop({ rigs: left, timeoutMs, force });
    const ended = await this.change(alive, options, supervise, ask);
    return [...stopped, ...ended].sort((a, b) => rigs.indexOf(a.status.rig) - rigs.indexOf(b.status.rig));
  }

  /** Prepares the rigs, makes sure that a supervisor runs, and asks it. */
  async bringUp(
    options: StartOptions,
    dolt: DoltBinary,
    ask: (client: SupervisorClient, params: StartParams) => Promise<RigOutcome[]>,
  ): Promise<RigResult[]> {
    const { env } = this.options;
    const { rigs, unfit } = await prepareRigs({ ...options, paths: this.paths, doltBin: dolt.path, env });
    const refused = await Promise.all([...unfit].map(([rig, error]) => this.refused(rig, error)));
    for (const result of refused) options.onRigDone?.(result);
    const params: StartParams = { rigs, timeoutMs: options.timeoutMs, dolt };
    if (env['BEADS_DOLT_PASSWORD']) params.password = env['BEADS_DOLT_PASSWORD'];
    const asked = (client: SupervisorClient, left: string[]) => ask(client, { ...params, rigs: left });
    return [...(await this.change(rigs, options, () => this.supervise(options.signal), asked)), ...refused];
  }

  private async refused(rig: string, error: AppError): Promise<RigResult> {
    const status = await rigStatus(this.paths, await stoppedSnapshot(this.paths, rig));
    return { status, error, already: false, forced: false, tookMs: 0 };
  }

  private supervise(signal: AbortSignal | undefined, adoptOnly = false): Promise<SupervisorClient> {
    const { packageRoot, version, env } = this.options;
    const options = { paths: this.paths, packageRoot, version, env, adoptOnly };
    return ensureSupervisor({ ...options, ...(signal ? { signal } : {}) });
  }

  private async change(
    rigs: readonly string[],
    { signal, onRigDone }: ChangeOptions,
    supervise: () => Promise<SupervisorClient>,
    ask: (client: SupervisorClient, rigs: string[]) => Promise<RigOutcome[]>,
  ): Promise<RigResult[]> {
    const onDone = (outcome: RigOutcome) => {
      void this.result(outcome).then((result) => onRigDone?.(result));
    };
    const outcomes = await askSupervisors({ rigs, supervise, ask, onDone, signal });
    return Promise.all(outcomes.map((outcome) => this.result(outcome)));
  }

  private async result(outcome: RigOutcome): Promise<RigResult> {
    const password = this.options.env['BEADS_DOLT_PASSWORD'] ?? '';
    const status = await rigStatus(this.paths, await lookedAt(this.paths, outcome.snapshot, password));
    const { already, forced, tookMs } = outcome;
    return { status, already, forced, tookMs, ...(outcome.error ? { error: fromWireError(outcome.error) } : {}) };
  }

  private async rigsToStop({ rigs: names, onWarning }: StopOptions, watched: readonly string[]): Promise<string[]> {
    const config = await configOrState(this.paths, onWarning, this.options.env);
    if (names.length === 0) {
      const unlisted = await unlistedSurvivors(this.paths, config);
      return [...new Set([...config.rigs.map((rig) => rig.name), ...unlisted, ...watched])];
    }
    for (const name of names) {
      assertRigName(name);
      if (config.rigs.some((rig) => rig.name === name) || watched.includes(name)) continue;
      // A rig that was taken out of gt.yaml, or moved away, while it ran can still be stopped.
      const live = await readLiveState(this.paths, name);
      const moved = config.remoteRigs.some((rig) => rig.name === name);
      if (!live || (moved && (await survivors(this.paths, [name])).size === 0)) {
        throw await noSuchRig(this.paths, name, config);
      }
    }
    return [...new Set(names)];
  }

  private async stopUnwatched(rig: string, options: StopOptions): Promise<RigResult> {
    const outcome = await stopHandStarted({
      paths: this.paths,
      rig,
      asked: options.rigs,
      force: options.force,
      timeoutMs: options.timeoutMs,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    return { ...(await this.result(outcome)), alsoStopped: outcome.alsoStopped };
  }
}
