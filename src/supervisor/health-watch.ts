import type { TownConfig } from '../town/config.ts';
import type { RigRunner } from './rig-runner.ts';

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
