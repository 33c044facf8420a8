import { createInterface } from 'node:readline/promises';
import { choiceName, type MergeConflict } from '../beads/history/merge-conflict.ts';
import type { Side } from '../beads/history/merge-rules.ts';
import { AppError } from '../errors.ts';
import { canAsk } from './confirm.ts';
import { renderConflicts } from './render/vc-merge.ts';
import type { Paint } from './style.ts';

/**
 * Reads choices as they are typed: `hm-a1=ours`.
 *
 * @throws AppError VALIDATION
 */
export function readChoices(words: readonly string[]): Map<string, Side> {
  return new Map(
    words.map((word): [string, Side] => {
      const [, name = '', side = ''] = /^(.+)=([^=]*)$/s.exec(word) ?? [];
      if (side === 'ours' || side === 'theirs') return [name, side];
      throw new AppError('VALIDATION', `invalid choice "${word}"`, { hint: 'ID=ours or ID=theirs' });
    }),
  );
}

/** Asks on the terminal for what was not chosen yet; without a terminal it stays open. */
export async function askChoices(
  conflicts: readonly MergeConflict[],
  given: ReadonlyMap<string, Side>,
  paint: Paint,
): Promise<ReadonlyMap<string, Side>> {
  const names = new Set(conflicts.map(choiceName));
  const stray = [...given.keys()].find((name) => !names.has(name));
  if (stray !== undefined) {
    const hint = names.size === 0 ? 'there are no conflicts: bd federation sync' : `they are: ${[...names].join(', ')}`;
    throw new AppError('NOT_FOUND', `no conflict in ${stray}`, { hint });
  }
  const choices = new Map(given);
  if (!canAsk()) return choices;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    for (const name of names) {
      if (choices.has(name)) continue;
      process.stderr.write(
        `${renderConflicts(
          conflicts.filter((each) => choiceName(each) === name),
          paint,
        )}\n`,
      );
      choices.set(name, await askSide(terminal, name));
    }
  } finally {
    terminal.close();
  }
  return choices;
}

async function askSide(terminal: { question(query: string): Promise<string> }, name: string): Promise<Side> {
  for (;;) {
    const answer = (await terminal.question(`${name}: keep [o]urs, take [t]heirs, or [q]uit? `)).trim().toLowerCase();
    if (answer === 'o' || answer === 'ours') return 'ours';
    if (answer === 't' || answer === 'theirs') return 'theirs';
    if (answer === 'q') throw new AppError('CANCELLED', 'nothing was changed');
  }
}
