import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** Whether a stream shall get colours: FORCE_COLOR, then NO_COLOR, then a terminal that is not `dumb`. */
export function wantsColor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false;
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

export type Paint = (format: Format, text: string) => string;

/** A function that colours text for a stream, or leaves it plain. */
export function painter(stream: { isTTY?: boolean }): Paint {
  if (!wantsColor(stream)) return (_format, text) => text;
  // Whether there are colours is decided: newer versions of Node would ask stdout once more, in their own way.
  return (format, text) => styleText(format, text, { validateStream: false });
}
