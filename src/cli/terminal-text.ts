import { wantsColor } from './style.ts';

// The colours and weights that `Paint` sets, and nothing that hides text or moves the cursor.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /\u001b\[(?:[0-4]|2[2-4]|3[0-79]|9[0-7])m|[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/**
 * A text as a terminal may get it: what the issues of other people hold must not move its cursor, set
 * its title or answer for the user. Text for a file or a pipe stays as it is.
 *
 * @example forTerminal('a\u001b]0;title\u0007b', process.stdout) // 'a�]0;title�b' on a terminal
 */
export function forTerminal(text: string, stream: { isTTY?: boolean }): string {
  if (!stream.isTTY) return text;
  const colors = wantsColor(stream);
  return text.replaceAll('\r\n', '\n').replace(CONTROL, (found) => (found.length > 1 ? (colors ? found : '') : '�'));
}
