import type { Consent } from '../database/backup/consent.ts';
import type { MadeBackup } from '../database/backup/make-backup.ts';
import { type DoltBinary, findDolt } from '../dolt/binary.ts';
import { AppError } from '../errors.ts';
import { localAddress } from '../town/address.ts';
import { readTownConfig } from '../town/config.ts';
import { type TownPaths, townPaths } from '../town/data-dir.ts';
import { readLiveState } from '../town/live-state.ts';
import { assertRigName } from '../town/rig-name.ts';
import { SupervisorClient } from './client.ts';
import type { TownReport } from './doctor/examine-town.ts';
import { ensureSupervisor } from './ensure-supervisor.ts';
import { configOrState, noSuchRig } from './known-rigs.ts';
import { lookedAt } from './looked-at.ts';
import { prepareRigs } from './prepare-rigs.ts';
import type { RigOutcome, StartParams } from './protocol.ts';
import { remoteLogin, remoteStatus, requireReachable } from './remote-status.ts';
import type { RestoredRig } from './restore-rig.ts';
import { type RigLogin, rigLogin } from './rig-login.ts';
import type { RigAccess } from './rig-sessions.ts';
import { type RigStatus, rigStatus, stoppedSnapshot } from './rig-status.ts';
import { settleDead } from './settle-dead.ts';
import { stopHandStarted } from './stop-hand-started.ts';
import { survivors, unlistedSurvivors } from './survivors.ts';
import { type TownStatus, townStatus } from './town-status.ts';
import type { CollectedRig } from './upkeep/collect-garbage.ts';
import type { CompactedRig } from './upkeep/compact-rig.ts';
import { fromWireError } from './wire-error.ts';

export interface TownOptions {
  /** The town's data directory; absolute. */
  readonly dataDir: string;
  /** Root of this package: it holds the supervisor's program. */
  readonly packageRoot: string;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
}

export interface ChangeOptions {
  /** Empty means every configured rig. */
  readonly rigs: readonly string[];
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Told of each rig as it is done. */
  onRigDone?(result: RigResult): void;
}

export interface StartOptions extends ChangeOptions {
  readonly port?: number | undefined;
  readonly remotesapiPort?: number | undefined;
  /** Open the rig, by default HQ, to other towns: ports 3306 and 8080, TLS, no account without a password. */
  readonly federation?: boolean | undefined;
  onCreated?(rig: string): void;
  onClosed?(message: string): void;
  onKept?(message: string): void;
}

export interface StopOptions extends ChangeOptions {
  /** After the time-out, kill the verified process tree. */
  readonly force: boolean;
  /** Told of an invalid gt.yaml, which is then passed over; without it that is thrown. */
  onWarning?(problem: AppError): void;
}

export interface TownBackupOptions {
  /** Empty means every configured rig. */
  readonly rigs: readonly string[];
  /** Where the backup of one rig goes; absolute. Default `.gt/backups/<rig>` in the data dir. */
  readonly directory?: string | undefined;
  onProgress?(text: string): void;
}

/** What became of the backup of one rig. */
export interface RigBackup {
  readonly rig: string;
  /** Undefined when it failed. */
  readonly made?: MadeBackup;
  readonly error?: AppError;
}

export interface TownRestoreOptions {
  readonly rig: string;
  /** The backup; absolute. */
  readonly backup: string;
  readonly consent: Consent;
  onProgress?(text: string): void;
}

export interface TownCompactOptions {
  readonly rig: string;
  /** Commits before this become one. */
  readonly olderThan: Date;
  /** Also where remotes have the history. */
  readonly shared?: boolean;
  onProgress?(text: string): void;
}

/** What became of one rig. */
export interface RigResult {
  status: RigStatus;
  /** Undefined when it was done. */
  error?: ReturnType<typeof fromWireError>;
  /** There was nothing to do. */
  already: boolean;
  forced: boolean;
  tookMs: number;
}

/**
 * A town: the servers of one data directory. What `gt dolt` does, for programs.
 *
 * @example
 * const town = openTown({ dataDir: '/home/ann/.dolt-data' });
 * const [hq] = await town.start({ rigs: ['beads'], timeoutMs: 30_000 });
 */
export class Town {
  readonly paths: TownPaths;
  private readonly options: TownOptions;

  constructor(options: TownOptions) {
    this.options = options;
    this.paths = townPaths(options.dataDir);
  }

  /** Version of this package. */
  get version(): string {
    return this.options.version;
  }

  /** The Dolt that this town runs. @throws AppError DOLT_NOT_FOUND, DOLT_UNUSABLE */
  async findDolt(): Promise<DoltBinary> {
    const { doltPath } = await readTownConfig(this.paths.config);
    return findDolt({ env: this.options.env, home: this.options.home, configuredPath: doltPath });
  }

  /**
   * Starts servers and waits until each answers over SQL. Idempotent.
   *
   * @throws AppError when nothing could be tried: CONFIG_INVALID, RIG_UNKNOWN, DOLT_NOT_FOUND, …; what
   *   is wrong with a single rig is in its result
   */
  start(options: StartOptions): Promise<RigResult[]> {
    return this.bringUp(options, (client, params) => client.start(params));
  }

  /** Stops servers, waits for their end and starts them. Throws as {@link start} does. */
  restart(options: ChangeOptions): Promise<RigResult[]> {
    return this.bringUp(options, (client, params) => client.restart(params));
  }

  /** Stops servers. What is stopped already is left so; the supervisor ends with the last of them. */
  async stop(options: StopOptions): Promise<RigResult[]> {
    const rigs = await this.rigsToStop(options);
    const running = await survivors(this.paths, rigs);
    const watching = await SupervisorClient.connect(this.paths, options.signal, options.timeoutMs);
    // Without a supervisor there is nothing to ask, unless one of its servers outlived it.
    if (!watching && running.size > 0) for (const rig of await settleDead(this.paths, running)) running.delete(rig);
    const alive = rigs.filter((rig) => running.has(rig));
    const stopped = await Promise.all(
      rigs.filter((rig) => !running.has(rig)).map((rig) => this.stopUnwatched(rig, options)),
    );
    for (const result of stopped) options.onRigDone?.(result);
    if (alive.length > 0) watching?.close();
    const client = alive.length > 0 ? await this.supervise(options.signal, true) : watching;
    if (!client) return stopped;
    const { timeoutMs, force } = options;
    const ended = await this.change(client, options, () => client.stop({ rigs: alive, timeoutMs, force }));
    return [...stopped, ...ended].sort((a, b) => rigs.indexOf(a.status.rig) - rigs.indexOf(b.status.rig));
  }

  /**
   * What every configured rig does; fast, and also when the supervisor is dead.
   *
   * @param onWarning told of an invalid gt.yaml, which is then passed over; without it that is thrown
   */
  async status(rigs: readonly string[] = [], onWarning?: (problem: AppError) => void): Promise<TownStatus> {
    const { env, home } = this.options;
    const find = (configuredPath: string | undefined) => findDolt({ env, home, configuredPath });
    const password = env['BEADS_DOLT_PASSWORD'] ?? '';
    return townStatus({ paths: this.paths, rigs, findDolt: find, password, env, onWarning });
  }

  /** Looks for what is wrong with the town, see {@link examineTown}. */
  async examine({ deep = false, fix = false }: { deep?: boolean; fix?: boolean } = {}): Promise<TownReport> {
    const { examineTown } = await import('./doctor/examine-town.ts');
    const { env } = this.options;
    const findDolt = () => this.findDolt();
    return examineTown({ paths: this.paths, deep, fix, env, findDolt, status: () => this.status() });
  }

  /**
   * Backs up databases, one after the other, of running and of stopped rigs: the rig's own, and beside
   * it, in DIRECTORY.NAME, each other that its server has. What is wrong with a single one is in its result; throws when nothing could be tried: RIG_UNKNOWN, DOLT_NOT_FOUND.
   *
   * @example await openTown().backUp({ rigs: ['beads'], directory: '/mnt/backup/beads' });
   */
  async backUp(options: TownBackupOptions): Promise<RigBackup[]> {
    const [{ backUpRig }, { otherDatabases }] = await Promise.all([
      import('./backup-rig.ts'),
      import('../dolt/rig-database.ts'),
    ]);
    const { onProgress = () => undefined, directory } = options;
    const made: RigBackup[] = [];
    for (const access of await this.access(options.rigs)) {
      const { rig } = access.status;
      for (const database of [rig, ...(await otherDatabases(this.paths, rig))]) {
        const to = database === rig ? directory : `${directory ?? this.paths.backup(rig)}.${database}`;
        const common = { ...access, database, directory: to, now: new Date(), onProgress };
        try {
          made.push({ rig, made: await backUpRig(common) });
        } catch (error) {
          if (!(error instanceof AppError)) throw error;
          made.push({ rig, error });
        }
      }
    }
    return made;
  }

  /** Puts a backup in the place of a stopped rig's database. Throws as `restoreRig` does. */
  async restore(options: TownRestoreOptions): Promise<RestoredRig> {
    const { restoreRig } = await import('./restore-rig.ts');
    const { path: doltBin } = await this.findDolt();
    const { rig, onProgress = () => undefined } = options;
    const status = async () => {
      const [found] = (await this.status([rig])).rigs;
      if (!found) throw new Error(`no status of rig ${rig}`);
      return found;
    };
    const { env } = this.options;
    return restoreRig({ ...options, onProgress, paths: this.paths, doltBin, env, now: new Date(), status });
  }

  /** Gives back the space that nothing needs any more, rig by rig. Throws as `collectGarbage` does. */
  async collectGarbage(options: { rigs: readonly string[]; full?: boolean }): Promise<CollectedRig[]> {
    const { collectGarbage } = await import('./upkeep/collect-garbage.ts');
    const collected: CollectedRig[] = [];
    for (const access of await this.access(options.rigs)) {
      collected.push(await collectGarbage(access, options.full ?? false));
    }
    return collected;
  }

  /** Makes one commit of a rig's old ones. Throws as `compactRig` does. */
  async compact(options: TownCompactOptions): Promise<CompactedRig> {
    const { compactRig } = await import('./upkeep/compact-rig.ts');
    const { shared = false, onProgress = () => undefined } = options;
    const [access] = await this.access([options.rig]);
    if (!access) throw new Error(`no status of rig ${options.rig}`);
    return compactRig({ ...access, olderThan: options.olderThan, shared, now: new Date(), onProgress });
  }

  /** What is needed to reach the databases of rigs; empty means every configured one. */
  private async access(rigs: readonly string[]): Promise<RigAccess[]> {
    const { path: doltBin } = await this.findDolt();
    const { env } = this.options;
    return (await this.status(rigs)).rigs.map((status) => ({ paths: this.paths, status, doltBin, env }));
  }

  /**
   * Where a rig's server answers.
   *
   * @throws AppError SERVER_NOT_RUNNING, RIG_UNKNOWN
   */
  async endpoint(rig: string): Promise<{ host: string; port: number; database: string }> {
    const found = (await this.status([rig])).rigs[0];
    if (found?.state !== 'running' || found.port === null) {
      const foreign = found?.state === 'foreign' && found.pid === null;
      const why = foreign ? `: ${found.last_error}` : '';
      throw new AppError(
        'SERVER_NOT_RUNNING',
        `the server of rig "${rig}" is ${found?.state ?? 'not configured'}${why}`,
        {
          hint: foreign
            ? `stop that program, or give the rig another port: gt dolt start ${rig} --port N`
            : `gt dolt start ${rig}`,
        },
      );
    }
    return { host: localAddress(found.host), port: found.port, database: found.database };
  }

  /**
   * How this user logs in to a rig's server.
   *
   * @throws AppError SERVER_NOT_RUNNING, RIG_UNKNOWN
   */
  async login(rig: string): Promise<RigLogin> {
    const { env } = this.options;
    const { remoteRigs } = await readTownConfig(this.paths.config, env);
    const remote = remoteRigs.find(({ name }) => name === rig);
    if (!remote) return rigLogin(this.paths, await this.endpoint(rig), env);
    requireReachable(await remoteStatus(this.paths, remote, env));
    return remoteLogin(remote, env);
  }

  private async bringUp(
    options: StartOptions,
    ask: (client: SupervisorClient, params: StartParams) => Promise<RigOutcome[]>,
  ): Promise<RigResult[]> {
    const dolt = await this.findDolt();
    const { env } = this.options;
    const { rigs, unfit } = await prepareRigs({ ...options, paths: this.paths, doltBin: dolt.path, env });
    const refused = await Promise.all([...unfit].map(([rig, error]) => this.refused(rig, error)));
    for (const result of refused) options.onRigDone?.(result);
    const client = await this.supervise(options.signal);
    const params: StartParams = { rigs, timeoutMs: options.timeoutMs, dolt };
    if (env['BEADS_DOLT_PASSWORD']) params.password = env['BEADS_DOLT_PASSWORD'];
    return [...(await this.change(client, options, () => ask(client, params))), ...refused];
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
    client: SupervisorClient,
    options: ChangeOptions,
    ask: () => Promise<RigOutcome[]>,
  ): Promise<RigResult[]> {
    const abort = () => client.close();
    options.signal?.addEventListener('abort', abort, { once: true });
    client.onRigDone((outcome) => {
      void this.result(outcome).then((result) => options.onRigDone?.(result));
    });
    try {
      return await Promise.all((await ask()).map((outcome) => this.result(outcome)));
    } catch (error) {
      if (!options.signal?.aborted) throw error;
      throw new AppError('CANCELLED', 'interrupted; the supervisor goes on with what was asked', {
        hint: 'gt dolt status   shows what came of it',
      });
    } finally {
      options.signal?.removeEventListener('abort', abort);
      client.close();
    }
  }

  private async result(outcome: RigOutcome): Promise<RigResult> {
    const password = this.options.env['BEADS_DOLT_PASSWORD'] ?? '';
    const status = await rigStatus(this.paths, await lookedAt(this.paths, outcome.snapshot, password));
    const { already, forced, tookMs } = outcome;
    return { status, already, forced, tookMs, ...(outcome.error ? { error: fromWireError(outcome.error) } : {}) };
  }

  private async rigsToStop({ rigs: names, onWarning }: StopOptions): Promise<string[]> {
    const config = await configOrState(this.paths, onWarning, this.options.env);
    if (names.length === 0)
      return [...config.rigs.map((rig) => rig.name), ...(await unlistedSurvivors(this.paths, config))];
    for (const name of names) {
      assertRigName(name);
      // A rig that was taken out of gt.yaml while it ran can still be stopped.
      if (!config.rigs.some((rig) => rig.name === name) && !(await readLiveState(this.paths, name)))
        throw await noSuchRig(this.paths, name, config);
    }
    return [...new Set(names)];
  }

  private async stopUnwatched(rig: string, options: StopOptions): Promise<RigResult> {
    const named = options.rigs.includes(rig);
    const outcome = await stopHandStarted({
      paths: this.paths,
      rig,
      named,
      force: options.force,
      timeoutMs: options.timeoutMs,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    return this.result(outcome);
  }
}
