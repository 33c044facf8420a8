import { readTownConfig } from '../../town/config.ts';
import {
  type CheckResult,
  checkResult,
  type Examined,
  examineAll,
  findingOf,
  type MendResult,
  mendAll,
} from '../../util/diagnosis.ts';
import type { TownStatus } from '../town-status.ts';
import { DEEP_CHECKS } from './deep-checks.ts';
import { RIG_CHECKS } from './rig-checks.ts';
import type { Town, TownMend } from './subject.ts';
import { TOWN_CHECKS } from './town-checks.ts';

export interface ExamineTownOptions extends Omit<Town, 'config' | 'status'> {
  /** Mend what is safe. */
  readonly fix: boolean;
  /** Only tell what `fix` would mend. */
  readonly dryRun?: boolean | undefined;
  status(): Promise<TownStatus>;
}

/** What `gt dolt doctor` found, and what `fix` did. */
export interface TownReport {
  data_dir: string;
  /** No check ended with an error. */
  overall_ok: boolean;
  /** As things are now: after the mends. */
  checks: CheckResult[];
  mended: MendResult[];
  /** Names of the checks whose findings `fix` would mend; with `dryRun` only. */
  would_mend?: string[];
}

/**
 * Examines a town: data dir, supervisor, servers, ports, files. Changes nothing unless `fix` asks
 * for it; never starts, stops or kills anything.
 */
export async function examineTown(options: ExamineTownOptions): Promise<TownReport> {
  const before = await diagnose(options);
  const mended = options.fix && !options.dryRun ? await mendAll(before, (mend) => mend()) : [];
  const after = mended.length > 0 ? await diagnose(options) : before;
  const checks = after.map(checkResult);
  return {
    data_dir: options.paths.dataDir,
    overall_ok: checks.every(({ status }) => status !== 'error'),
    checks,
    mended,
    ...(options.dryRun ? { would_mend: before.flatMap(({ name, mend }) => (mend ? [name] : [])) } : {}),
  };
}

async function diagnose(options: ExamineTownOptions): Promise<Examined<TownMend>[]> {
  const configuration = { name: 'Configuration', category: 'Town' };
  try {
    const [config, status] = await Promise.all([readTownConfig(options.paths.config), options.status()]);
    const town: Town = { ...options, config, status };
    const found = config.exists
      ? { status: 'ok' as const, message: options.paths.config }
      : {
          status: 'warning' as const,
          message: `${options.paths.config} is not there`,
          fix: 'gt dolt start   makes the HQ rig',
        };
    // A town that was never made has nothing to look at.
    const checks = config.exists ? [...TOWN_CHECKS, ...RIG_CHECKS, ...(options.deep ? DEEP_CHECKS : [])] : [];
    return [{ ...configuration, ...found }, ...(await examineAll(checks, town))];
  } catch (error) {
    return [{ ...configuration, ...findingOf(error) }];
  }
}
