import type { DoltBinary } from '../../dolt/binary.ts';
import type { TownConfig } from '../../town/config.ts';
import type { TownPaths } from '../../town/data-dir.ts';
import type { Check } from '../../util/diagnosis.ts';
import type { TownStatus } from '../town-status.ts';

/** A town whose configuration could be read. */
export interface Town {
  readonly paths: TownPaths;
  readonly config: TownConfig;
  readonly status: TownStatus;
  readonly deep: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** @throws AppError DOLT_NOT_FOUND, DOLT_UNUSABLE */
  findDolt(): Promise<DoltBinary>;
}

/** Puts one thing right, and tells what it did. */
export type TownMend = () => Promise<string>;
export type TownCheck = Check<Town, TownMend>;
