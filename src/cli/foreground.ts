import { homedir } from 'node:os';
import { Supervisor } from '../supervisor/supervisor.ts';
import type { RigResult, StartOptions, Town } from '../supervisor/town.ts';

/**
 * Runs the supervisor in this process until a signal, then stops its servers: what systemd, launchd
 * and containers want of a service.
 */
export async function runForeground(
  town: Town,
  options: StartOptions,
  say: (text: string) => void,
): Promise<RigResult[]> {
  const supervisor = new Supervisor({
    dataDir: town.paths.dataDir,
    version: town.version,
    env: process.env,
    home: homedir(),
    log: (level, message) => say(level === 'info' ? message : `${level}: ${message}`),
  });
  await supervisor.open();
  // Its own start and stop go over its socket, as everybody's do.
  const results = await town.start(options);
  const interrupted = new Promise<void>((resolve) => {
    if (options.signal?.aborted) resolve();
    options.signal?.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([interrupted, supervisor.ended]);
  if (!options.signal?.aborted) return results;
  say('stopping the servers');
  const rigs = supervisor.watched;
  const { timeoutMs } = options;
  await supervisor.stop({ rigs, timeoutMs, force: false });
  await supervisor.close();
  return results;
}
