import { AppError } from '../../errors.ts';

/** How somebody says that a database may be replaced: by typing its name. */
export interface Consent {
  /** The name that was typed ahead. */
  readonly typed?: string | undefined;
  /** Asks for the name, telling what is going to happen; absent where nobody can be asked. */
  readonly ask?: ((what: string, name: string) => Promise<string>) | undefined;
}

/**
 * Before anything is done: whether there is, or can be, a consent.
 *
 * @throws AppError VALIDATION
 */
export function requireConsentFor(name: string, consent: Consent): void {
  if (consent.typed === undefined && consent.ask) return;
  if (consent.typed === name) return;
  const why =
    consent.typed === undefined
      ? 'replacing it needs its name typed, and there is no terminal to ask on'
      : `"${consent.typed}" is not its name`;
  throw new AppError('VALIDATION', `there is a database "${name}": ${why}; nothing was changed`, {
    hint: `--confirm ${name}   says that it is to be replaced; it is kept aside`,
  });
}

/**
 * Right before it is done.
 *
 * @throws AppError CANCELLED when another name is typed
 */
export async function obtainConsent(name: string, consent: Consent, what: string): Promise<void> {
  if (consent.typed === name) return;
  if (((await consent.ask?.(what, name)) ?? '') === name) return;
  throw new AppError('CANCELLED', 'that is not its name; nothing was changed');
}
