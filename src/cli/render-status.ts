import type { RigStatus } from '../supervisor/rig-status.ts';
import type { RigSync } from '../supervisor/sync/sync-status.ts';
import type { TownStatus } from '../supervisor/town-status.ts';
import { formatDuration } from '../util/duration.ts';
import { bytesText } from './bytes-text.ts';
import type { Paint } from './style.ts';
import { textTable } from './text-table.ts';

const MARKS = {
  running: ['green', '●'],
  starting: ['yellow', '◐'],
  stopping: ['yellow', '◐'],
  backoff: ['yellow', '◌'],
  stopped: ['dim', '○'],
  failed: ['red', '✖'],
  foreign: ['red', '✖'],
} as const;

/** The text of `gt dolt status`. */
export function renderStatus(status: TownStatus, paint: Paint): string {
  const { supervisor, dolt } = status;
  const watch = supervisor.running ? `supervisor pid ${supervisor.pid}, ${upFor(supervisor)}` : 'no supervisor runs';
  const head = `${status.data_dir}  ·  Dolt ${dolt.version ?? 'not found: gt dolt install'}  ·  ${watch}`;
  if (status.rigs.length === 0) return `${paint('dim', head)}\nNo rig is configured. Make the first: gt dolt start`;
  const table = textTable(
    ['', 'RIG', 'STATE', 'ENDPOINT', 'PID', 'UPTIME', 'RESTARTS', 'LATENCY', 'CONNS', 'DISK', 'MEMORY'],
    status.rigs.map((rig) => cells(rig, paint)),
    paint,
  );
  const notes = status.rigs.flatMap((rig) => note(rig, paint));
  const syncs = status.rigs.flatMap(({ rig, sync }) => (sync ? syncLine(rig, sync, paint) : []));
  return [paint('dim', head), table, ...syncs, ...notes].join('\n');
}

function upFor({ uptime_seconds }: TownStatus['supervisor']): string {
  return uptime_seconds === null ? 'does not answer' : `up ${formatDuration(uptime_seconds * 1000)}`;
}

/** `beads: synced with peers 2m 3s ago, next in 2m 57s` */
function syncLine(rig: string, sync: RigSync, paint: Paint, now = Date.now()): string {
  const { last_outcome: outcome, last_ended_at: ended, next_at: next, last_error: error } = sync;
  const ago = ended === null ? '' : `${formatDuration(Math.max(0, now - Date.parse(ended)))} ago`;
  const last = outcome === null ? 'never ran' : outcome === 'in-sync' ? `in sync ${ago}` : `${outcome} ${ago}`;
  const wait = next === null ? 0 : Date.parse(next) - now;
  const then = sync.running
    ? 'runs now'
    : next === null
      ? 'waits for the server'
      : `next in ${formatDuration(Math.max(0, wait))}`;
  const color = outcome === 'failed' ? 'red' : 'dim';
  const lines = [`${rig}: sync with peers every ${formatDuration(sync.every_seconds * 1_000)}: ${last}, ${then}`];
  if (error) lines.push(`  ${error} (gt dolt logs ${rig} --sync)`);
  return lines.map((line) => paint(color, line)).join('\n');
}

function cells(rig: RigStatus, paint: Paint): string[] {
  const [color, mark] = MARKS[rig.state];
  const who = rig.pid === null ? ' (elsewhere)' : ' (by hand)';
  const state = `${rig.state}${rig.managed || rig.state === 'foreign' ? '' : who}`;
  return [
    paint(color, mark),
    rig.rig,
    paint(color, state),
    rig.port === null ? '-' : `${rig.host}:${rig.port}`,
    text(rig.pid),
    rig.uptime_seconds === null ? '-' : formatDuration(rig.uptime_seconds * 1000),
    String(rig.restarts),
    rig.latency_ms === null ? '-' : `${rig.latency_ms}ms`,
    text(rig.connections),
    size(rig.disk_bytes),
    size(rig.memory_bytes),
  ];
}

function note(rig: RigStatus, paint: Paint): string[] {
  const lines: string[] = [];
  if (rig.state === 'running' && !rig.reachable) lines.push('its process lives but does not answer over SQL');
  if (rig.state === 'running' && rig.identity === 'mismatch') lines.push('what answers at its port is not its server');
  if (rig.last_error) lines.push(rig.last_error);
  return lines.map((line) => `${paint('yellow', `${rig.rig}:`)} ${line}`);
}

function text(value: number | null): string {
  return value === null ? '-' : String(value);
}

function size(bytes: number | null): string {
  return bytes === null ? '-' : bytesText(bytes);
}
