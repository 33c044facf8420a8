import type { RigStatus } from '../supervisor/rig-status.ts';
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
  const watch = supervisor.running
    ? `supervisor pid ${supervisor.pid}, up ${formatDuration((supervisor.uptime_seconds ?? 0) * 1000)}`
    : 'no supervisor runs';
  const head = `${status.data_dir}  ·  Dolt ${dolt.version ?? 'not found: gt dolt install'}  ·  ${watch}`;
  if (status.rigs.length === 0) return `${paint('dim', head)}\nNo rig is configured. Make the first: gt dolt start`;
  const table = textTable(
    ['', 'RIG', 'STATE', 'ENDPOINT', 'PID', 'UPTIME', 'RESTARTS', 'LATENCY', 'CONNS', 'DISK', 'MEMORY'],
    status.rigs.map((rig) => cells(rig, paint)),
    paint,
  );
  const notes = status.rigs.flatMap((rig) => note(rig, paint));
  return [paint('dim', head), table, ...notes].join('\n');
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
