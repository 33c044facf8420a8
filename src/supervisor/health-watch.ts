import type { TownConfig } from '../town/config.ts';
import type { RigRecord } from './rig-record.ts';
import type { RigRunner } from './rig-runner.ts';
import type { RunnerOptions } from './runner-options.ts';
import type { ServerHandle } from './server-handle.ts';

/** Until gt.yaml could be read. */
const HEALTH = { intervalMs: 10_000, timeoutMs: 5_000 };

/** Looks at all servers, again and again, as often as gt.yaml says. */
export class HealthWatch {
  private readonly settings: { readonly last: TownConfig | undefined };
  private readonly runners: () => Iterable<RigRunner>;
  private timer: NodeJS.Timeout | undefined;
  private everyMs = 0;

  constructor(settings: { readonly last: TownConfig | undefined }, runners: () => Iterable<RigRunner>) {
    this.settings = settings;
    this.runners = runners;
  }

  /** Begins, or goes on at the pace that gt.yaml says now. */
  keepPace(): void {
    const { intervalMs } = this.settings.last?.health ?? HEALTH;
    if (this.everyMs === intervalMs) return;
    this.stop();
    this.everyMs = intervalMs;
    this.timer = setInterval(() => {
      const { timeoutMs } = this.settings.last?.health ?? HEALTH;
      for (const runner of this.runners()) void runner.checkHealth(timeoutMs);
    }, intervalMs);
  }

  stop(): void {
    clearInterval(this.timer);
    this.everyMs = 0;
  }
}

/** One look at a server's health; what is wrong goes to the rig's state and to the log. */
export async function lookAtHealth(
  handle: ServerHandle,
  record: RigRecord,
  timeoutMs: number,
  log: RunnerOptions['log'],
): Promise<void> {
  if (record.live.state !== 'running') return;
  const probe = await handle.probe(timeoutMs);
  const problem = probe.reachable ? null : `does not answer over SQL: ${probe.error}`;
  if (problem === record.live.lastError || record.live.state !== 'running') return;
  log(problem ? 'warning' : 'info', `${record.live.rig}: ${problem ?? 'answers over SQL again'}`);
  await record.set('running', { lastError: problem });
}
