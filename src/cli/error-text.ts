import type { AppError } from '../errors.ts';
import type { Paint } from './style.ts';
import { forTerminal } from './terminal-text.ts';

/** The text form of an error, for stderr: what happened, then what to do. */
export function errorText(error: AppError, paint: Paint, lead = 'Error:'): string {
  const lines = [`${paint('red', lead)} ${error.message}`];
  if (error.hint) lines.push(`${paint('dim', 'Hint:')} ${error.hint}`);
  if (error.code === 'INTERNAL' && error.cause instanceof Error && process.env['DEBUG']) {
    lines.push(error.cause.stack ?? '');
  }
  return forTerminal(`${lines.join('\n')}\n`, process.stderr);
}
