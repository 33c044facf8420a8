/** A line of the supervisor's log, in the form of Dolt's own. */
export function logLine(level: 'info' | 'warning' | 'error', message: string, now = new Date()): string {
  return `time="${now.toISOString().replace(/\.\d+Z$/, 'Z')}" level=${level} msg=${JSON.stringify(message)}\n`;
}
