import { AppError } from '../errors.ts';
import { canAsk } from './confirm.ts';
import { readText } from './text-input.ts';

export interface PasswordSources {
  /** Read it from standard input, one line. */
  readonly stdin: boolean;
  /** The variable's value, if it is set. */
  readonly variable: string | undefined;
  /** What the user is asked: `Password of sync-bot at beta`. */
  readonly question: string;
}

/**
 * A password that never was an argument of a command: from standard input, DOLT_REMOTE_PASSWORD, or
 * asked on the terminal without echo.
 *
 * @throws AppError VALIDATION when there is none of these, CANCELLED for Ctrl-C
 */
export async function obtainPassword({ stdin, variable, question }: PasswordSources): Promise<string> {
  if (stdin) return (await readText('-')).replace(/\r?\n$/, '');
  if (variable !== undefined) return variable;
  if (canAsk()) return askHidden(question);
  throw new AppError('VALIDATION', 'a password is needed, and there is no terminal to ask on', {
    hint: 'printf %s "$PASSWORD" | bd … --password-stdin; or set DOLT_REMOTE_PASSWORD',
  });
}

const CTRL_C = '\u0003';
// Enter and Ctrl-D too.
const END = new Set(['\r', '\n', '\u0004', CTRL_C]);

/** Reads a line of the terminal that is not shown while it is typed. */
export function askHidden(question: string): Promise<string> {
  const { stdin, stderr } = process;
  // First, or what is typed as soon as the question is there would be shown.
  stdin.setRawMode(true);
  stderr.write(`${question}: `);
  stdin.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    let typed = '';
    const read = (chunk: string): void => {
      for (const key of chunk) {
        if (END.has(key)) {
          stdin.setRawMode(false);
          stdin.off('data', read);
          stdin.pause();
          stderr.write('\n');
          if (key === CTRL_C) reject(new AppError('CANCELLED', 'interrupted; nothing was changed'));
          else resolve(typed);
          return;
        }
        // Backspace and Ctrl-U, as the terminal itself would do it.
        if (key === '\u007f' || key === '\b') typed = [...typed].slice(0, -1).join('');
        else if (key === '\u0015') typed = '';
        else typed += key;
      }
    };
    stdin.on('data', read);
    stdin.resume();
  });
}
