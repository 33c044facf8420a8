/**
 * The library behind `gt dolt` and `bd`.
 *
 * @example
 * import { openBeads, openTown } from 'gastown-dolt';
 *
 * const town = openTown();
 * await town.start({ rigs: [], timeoutMs: 30_000 });
 */
export { AppError, ERROR_CODES, type ErrorCode } from './errors.ts';
export { type OpenTownOptions, openTown } from './open-town.ts';
export type { RigStatus } from './supervisor/rig-status.ts';
export type { ChangeOptions, RigResult, StartOptions, StopOptions, Town } from './supervisor/town.ts';
export type { TownStatus } from './supervisor/town-status.ts';
