import type { LogEntry } from '../dolt/log-lines.ts';
import type { Paint } from './style.ts';

const COLORS = ['cyan', 'magenta', 'blue', 'green', 'yellow'] as const;

/** Prints log lines; with several logs each line begins with its rig. */
export function logRenderer(sources: readonly string[], paint: Paint): (entry: LogEntry) => string {
  const width = Math.max(...sources.map((source) => source.length));
  return ({ source, line, level }) => {
    const text =
      level === 'error' || level === 'fatal' || level === 'panic'
        ? paint('red', line)
        : level === 'warning'
          ? paint('yellow', line)
          : line;
    if (sources.length < 2) return text;
    const color = COLORS[sources.indexOf(source) % COLORS.length] ?? 'cyan';
    return `${paint(color, source.padEnd(width))}  ${text}`;
  };
}
