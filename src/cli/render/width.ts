import { stripVTControlCharacters } from 'node:util';

// Blocks of wide characters (Unicode East Asian Width W and F), as coarse as terminals treat them.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;
const EMOJI = /\p{Emoji_Presentation}|\p{Emoji}\ufe0f|\p{Regional_Indicator}{2}/u;
const ZERO = /^[\p{Control}\p{Format}\p{Nonspacing_Mark}\p{Enclosing_Mark}]+$/u;
const ASCII = /^[\x20-\x7e]*$/;

/**
 * The columns that a text takes in a terminal: wide characters and emoji take two, combining marks
 * and colours none.
 *
 * @example displayWidth('日本') // 4
 */
export function displayWidth(text: string): number {
  const plain = stripVTControlCharacters(text);
  if (ASCII.test(plain)) return plain.length;
  let width = 0;
  for (const grapheme of segments(plain)) width += graphemeWidth(grapheme);
  return width;
}

/** Fills with spaces to a width; a longer text stays as it is. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/**
 * Cuts a plain text to a width, with `…` at its end where something was cut.
 *
 * @example cutTo('a long title', 7) // 'a long…'
 */
export function cutTo(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const grapheme of segments(text)) {
    used += graphemeWidth(grapheme);
    if (used > width - 1) break;
    kept += grapheme;
  }
  return `${kept.trimEnd()}…`;
}

function graphemeWidth(grapheme: string): number {
  if (ZERO.test(grapheme)) return 0;
  return EMOJI.test(grapheme) || WIDE.test(grapheme) ? 2 : 1;
}

function* segments(text: string): Generator<string> {
  const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  for (const { segment } of graphemes.segment(text)) yield segment;
}
