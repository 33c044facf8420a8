import { createInterface } from 'node:readline/promises';
import { AppError } from '../errors.ts';

/** Whether somebody can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/**
 * Asks for a yes on the terminal; anything else is a no.
 *
 * @example if (await confirm('Remove 3 files?')) await remove();
 */
export async function confirm(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

/**
 * Asks for a name to be typed, for what cannot be undone easily.
 *
 * @returns what was typed
 */
export async function askName(what: string, name: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`${what}\nType its name (${name}) to go on: `)).trim();
  } finally {
    terminal.close();
  }
}

/**
 * For what needs a yes: the flag gives it, or it can be asked for.
 *
 * @throws AppError VALIDATION when there is neither; call it before anything is done
 */
export function requireConsent(what: string, flag: boolean | undefined): void {
  if (flag || canAsk()) return;
  throw new AppError('VALIDATION', `${what} needs a confirmation, and there is no terminal to ask on`, {
    hint: 'add --yes to say yes; nothing was done',
  });
}
