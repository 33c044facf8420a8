import { appendFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { packageRoot } from '../package-info.ts';
import { logLine } from '../supervisor/log-line.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import type { Town } from '../supervisor/town.ts';
import type { RigResult, StartOptions } from '../supervisor/town-options.ts';
import { fromWireError } from '../supervisor/wire-error.ts';
import { readTownConfig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';

/**
 * Runs the supervisor in this process until a signal, then stops its servers: what systemd, launchd
 * and containers want of a service. Ends by itself when no server is left to watch.
 *
 * @throws AppError DATA_DIR_BUSY when another supervisor runs, CANCELLED when the signal comes
 *   before the servers are ready, STOP_TIMEOUT, and what {@link Town.start} throws
 */
export async function runForeground(
  town: Town,
  options: StartOptions,
  say: (text: string) => void,
): Promise<RigResult[]> {
  // As the detached supervisor has it: what it and its servers make is this user's alone.
  process.umask(0o077);
  const supervisor = new Supervisor({
    dataDir: town.paths.dataDir,
    version: town.version,
    bd: join(packageRoot(import.meta.dirname), 'dist/bin/bd.cjs'),
    env: process.env,
    home: homedir(),
    log: (level, message) => {
      say(level === 'info' ? message : `${level}: ${message}`);
      keep(town.paths, logLine(level, message));
    },
  });
  // What is wrong with gt.yaml is told before anything is taken over.
  await readTownConfig(town.paths.config);
  await supervisor.open();
  // Not where nothing could be tried, a newer gt took over, or nothing was left to watch: such
  // servers are not ours to stop.
  let left = true;
  try {
    // Its own start goes over its socket, as everybody's does.
    const results = await supervisor.during(() => town.start(options));
    left = false;
    left = await Promise.race([aborted(options.signal).then(() => false), supervisor.ended.then(() => true)]);
    return results;
  } catch (error) {
    if (!options.signal?.aborted) throw error;
    left = false;
    throw new AppError('CANCELLED', 'interrupted before the servers were ready; they were stopped');
  } finally {
    if (!left) await stopAll(supervisor, options.timeoutMs, say);
    await supervisor.close();
  }
}

/** `gt dolt logs --supervisor` reads there what a supervisor in the background prints. */
function keep({ supervisorLog }: TownPaths, line: string): void {
  try {
    appendFileSync(supervisorLog, line, { mode: 0o600 });
  } catch {
    // It was said on stderr.
  }
}

async function stopAll(supervisor: Supervisor, timeoutMs: number, say: (text: string) => void): Promise<void> {
  const rigs = supervisor.watched;
  if (rigs.length === 0) return;
  say('stopping the servers');
  for (const { error } of await supervisor.stop({ rigs, timeoutMs, force: false })) {
    if (error) throw fromWireError(error);
  }
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
