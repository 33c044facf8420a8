/** Whether a client asked for a change, or the supervisor makes it by itself. */
type Origin = 'asked' | 'unasked';

/**
 * Runs the changes of one rig one after the other, in the order they were asked for.
 *
 * @example
 * const changes = new ChangeQueue();
 * await changes.run((signal) => start(signal));
 */
export class ChangeQueue {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private readonly interruptions = { asked: new AbortController(), unasked: new AbortController() };

  /** Whether a change runs or waits for its turn. */
  get busy(): boolean {
    return this.waiting > 0;
  }

  /**
   * @param work gets the signal that {@link interrupt} aborts for all such changes until then
   * @param origin whether somebody waits for it
   */
  run<T>(work: (signal: AbortSignal) => Promise<T>, origin: Origin = 'asked'): Promise<T> {
    const { signal } = this.interruptions[origin];
    this.waiting += 1;
    const result = this.last
      .then(() => work(signal))
      .finally(() => {
        this.waiting -= 1;
      });
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Tells what runs and what waits to give way; later changes are not concerned. */
  interrupt(origins: readonly Origin[] = ['asked', 'unasked']): void {
    for (const origin of origins) {
      this.interruptions[origin].abort();
      this.interruptions[origin] = new AbortController();
    }
  }

  /** Resolves when what was asked for until now is done. */
  async settled(): Promise<void> {
    await this.last;
  }
}
