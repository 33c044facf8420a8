import { AppError } from '../errors.ts';
import { canAsk } from './confirm.ts';
import { askHidden } from './password.ts';
import { readText } from './text-input.ts';

/** The variable that a new password may come from. */
export const PASSWORD_VARIABLE = 'GT_DOLT_USER_PASSWORD';

/**
 * A new password: from standard input, from GT_DOLT_USER_PASSWORD, or typed twice without echo. There
 * is no flag for it, because every user of the machine sees arguments.
 *
 * @param whose who gets it, for the question
 * @throws AppError VALIDATION when there is none, or it cannot be one; CANCELLED by Ctrl-C
 */
export async function newPassword(whose: string, fromStdin: boolean): Promise<string> {
  if (fromStdin) return checked((await readText('-')).replace(/\r?\n$/, ''));
  const given = process.env[PASSWORD_VARIABLE];
  if (given) return checked(given);
  if (!canAsk()) {
    throw new AppError('VALIDATION', `there is no password for ${whose}, and no terminal to ask on`, {
      hint: `--password-stdin reads it from standard input; or set ${PASSWORD_VARIABLE}`,
    });
  }
  const first = checked(await askHidden(`New password of ${whose}`));
  if ((await askHidden('Again')) !== first) throw new AppError('VALIDATION', 'the two are not the same');
  return first;
}

function checked(password: string): string {
  if (password === '') throw new AppError('VALIDATION', 'the password is empty');
  // A line end would be lost on the way through files and terminals.
  if (/\p{Cc}/u.test(password)) throw new AppError('VALIDATION', 'a password cannot hold control characters');
  return password;
}
