import { Args, Flags } from '@oclif/core';
import { AppError, EXIT } from '../errors.ts';
import type { RigStatus } from '../supervisor/rig-status.ts';
import type { RigResult } from '../supervisor/town-options.ts';
import { formatDuration } from '../util/duration.ts';
import { errorText } from './base-command.ts';
import { durationFlag } from './duration-flag.ts';
import { errorDocument } from './error-projection.ts';
import type { Paint } from './style.ts';

/** What `start`, `stop` and `restart` share: rigs as arguments, a time-out, a result for each rig. */

export const rigArgs = { rig: Args.string({ description: 'rigs; all configured ones when left out' }) };

export const timeoutFlag = Flags.custom<number>({
  summary: 'how long to wait for each rig',
  helpValue: '30s',
  default: 30_000,
  defaultHelp: async () => '30s',
  parse: async (text) => durationFlag('--timeout', text),
});

/** The JSON of `start` and `restart`. */
export interface StartResult {
  rigs: (RigStatus & { ready_ms: number })[];
}

/** The JSON of `stop`. */
export interface StopResult {
  rigs: (RigStatus & { forced: boolean })[];
}

/** The errors of single rigs in the JSON, beside the rigs. */
export function rigErrors(results: readonly RigResult[]) {
  const failed = results.filter((result) => result.error !== undefined);
  if (failed.length === 0) return {};
  const first = failed[0]?.error;
  const errors = failed.map(({ status, error }) => {
    const { schema_version: _, ...document } = errorDocument(error as AppError, (error as AppError).exitCode);
    return { rig: status.rig, ...document };
  });
  return {
    ...(first ? { error: first.message, code: first.code, hint: first.hint, exit_code: first.exitCode } : {}),
    errors,
  };
}

/** The exit code for several rigs: that of the first that failed. */
export function exitCodeOf(results: readonly RigResult[]): number {
  return results.find((result) => result.error)?.error?.exitCode ?? EXIT.done;
}

export function startedLine({ status, error, already, tookMs }: RigResult, paint: Paint): string {
  if (error) return errorText(prefixed(status.rig, error), paint);
  const place = `${status.host}:${status.port}`;
  if (!status.managed)
    return `${paint('yellow', '●')} ${status.rig}  runs on ${place}, pid ${status.pid}, started by hand: gt leaves it alone`;
  const took = already ? 'already running' : `ready in ${formatDuration(tookMs)}`;
  return `${paint('green', '●')} ${status.rig}  ${place}  pid ${status.pid}  ${took}`;
}

export function stoppedLine({ status, error, already, forced, tookMs }: RigResult, paint: Paint): string {
  if (error) return errorText(prefixed(status.rig, error), paint);
  const how = already
    ? 'was not running'
    : forced
      ? `killed after ${formatDuration(tookMs)}`
      : `stopped in ${formatDuration(tookMs)}`;
  return `${paint('dim', '○')} ${status.rig}  ${how}`;
}

function prefixed(rig: string, error: AppError): AppError {
  if (error.message.includes(`"${rig}"`)) return error;
  return new AppError(error.code, `${rig}: ${error.message}`, error.hint === undefined ? {} : { hint: error.hint });
}
