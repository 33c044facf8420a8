import { type DoltBinary, findDolt } from '../dolt/binary.ts';
import { AppError } from '../errors.ts';
import { localAddress } from '../town/address.ts';
import { readTownConfig } from '../town/config.ts';
import { type TownPaths, townPaths } from '../town/data-dir.ts';
import type { RigBackup } from './backup-rig.ts';
import type { TownReport } from './doctor/examine-town.ts';
import { remoteLogin, remoteStatus, requireReachable } from './remote-status.ts';
import type { RestoredRig } from './restore-rig.ts';
import { type RigLogin, rigLogin } from './rig-login.ts';
import type { RigAccess } from './rig-sessions.ts';
import { settledStatus } from './settled-status.ts';
import { TownLifecycle } from './town-lifecycle.ts';
import type {
  ChangeOptions,
  RigResult,
  StartOptions,
  StopOptions,
  TownBackupOptions,
  TownCompactOptions,
  TownOptions,
  TownRestoreOptions,
} from './town-options.ts';
import { type TownStatus, townStatus } from './town-status.ts';
import type { CollectedRig } from './upkeep/collect-garbage.ts';
import type { CompactedRig } from './upkeep/compact-rig.ts';

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
  private readonly lifecycle: TownLifecycle;

  constructor(options: TownOptions) {
    this.options = options;
    this.paths = townPaths(options.dataDir);
    this.lifecycle = new TownLifecycle(this.paths, options);
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
  async start(options: StartOptions): Promise<RigResult[]> {
    return this.lifecycle.bringUp(options, await this.findDolt(), (client, params) => client.start(params));
  }

  /** Stops servers, waits for their end and starts them. Throws as {@link start} does. */
  async restart(options: ChangeOptions): Promise<RigResult[]> {
    return this.lifecycle.bringUp(options, await this.findDolt(), (client, params) => client.restart(params));
  }

  /** Stops servers. What is stopped already is left so; the supervisor ends with the last of them. */
  stop(options: StopOptions): Promise<RigResult[]> {
    return this.lifecycle.stop(options);
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

  /**
   * The same, once no server of these rigs is just being started, or after a few seconds: for whoever
   * wants to work on one.
   *
   * @param onWait told what is waited for
   */
  settledStatus(rigs: readonly string[], onWait?: (text: string) => void): Promise<TownStatus> {
    return settledStatus(() => this.status(rigs), onWait);
  }

  /** Looks for what is wrong with the town, see {@link examineTown}. */
  async examine(options: { deep?: boolean; fix?: boolean; dryRun?: boolean } = {}): Promise<TownReport> {
    const { deep = false, fix = false, dryRun } = options;
    const { examineTown } = await import('./doctor/examine-town.ts');
    const { env } = this.options;
    const findDolt = () => this.findDolt();
    return examineTown({ paths: this.paths, deep, fix, dryRun, env, findDolt, status: () => this.status() });
  }

  /**
   * Backs up the databases of running and of stopped rigs, see `backUpRigs`; throws when nothing could
   * be tried: RIG_UNKNOWN, DOLT_NOT_FOUND.
   *
   * @example await openTown().backUp({ rigs: ['beads'], directory: '/mnt/backup/beads' });
   */
  async backUp(options: TownBackupOptions): Promise<RigBackup[]> {
    const { backUpRigs } = await import('./backup-rig.ts');
    return backUpRigs(await this.access(options.rigs), options);
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
    return (await this.settledStatus(rigs)).rigs.map((status) => ({ paths: this.paths, status, doltBin, env }));
  }

  /**
   * Where a rig's server answers; one that is just being started is waited for.
   *
   * @param onWait told what is waited for
   * @throws AppError SERVER_NOT_RUNNING, RIG_UNKNOWN
   */
  async endpoint(
    rig: string,
    onWait?: (text: string) => void,
  ): Promise<{ host: string; port: number; database: string }> {
    const found = (await this.settledStatus([rig], onWait)).rigs[0];
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
   * How this user logs in to a rig's server. Waits and throws as {@link endpoint} does.
   */
  async login(rig: string, onWait?: (text: string) => void): Promise<RigLogin> {
    const { env } = this.options;
    const { remoteRigs } = await readTownConfig(this.paths.config, env);
    const remote = remoteRigs.find(({ name }) => name === rig);
    if (!remote) return rigLogin(this.paths, await this.endpoint(rig, onWait), env);
    requireReachable(await remoteStatus(this.paths, remote, env));
    return remoteLogin(remote, env);
  }
}
