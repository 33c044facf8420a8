import type { Beads } from '../beads/beads.ts';
import { errorText } from './base-command.ts';
import { toAppError } from './error-projection.ts';
import { painter } from './style.ts';

const SIGNALS = [
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const;

/**
 * Before a signal ends us, the Dolt commit is made that batch mode has put off.
 *
 * @param begun is told of the commit under way, which the command's end has to wait for
 */
export function flushOnSignal(
  beads: Beads,
  say: (text: string) => void,
  begun: (flushing: Promise<void>) => void,
): void {
  for (const [name, number] of SIGNALS) {
    process.once(name, () => {
      say(`${name}: making the Dolt commit that was put off`);
      begun(flush(beads, name).finally(() => process.exit(128 + number)));
    });
  }
}

/** Takes its turn behind the write that is under way. */
async function flush(beads: Beads, signal: string): Promise<void> {
  try {
    const { commitAll } = await import('../beads/history/commit.ts');
    await commitAll(beads, `bd: flush on ${signal} by ${beads.actor}`);
  } catch (error) {
    process.stderr.write(errorText(toAppError(error, 'bd'), painter(process.stderr)));
  }
}
