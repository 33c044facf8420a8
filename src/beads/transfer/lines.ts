import { AppError, messageOf } from '../../errors.ts';

/** One line of a JSONL file. */
export interface Line {
  /** Counted from 1, blank lines too. */
  readonly number: number;
  readonly value: unknown;
  /** Length in bytes. */
  readonly bytes: number;
}

const NEWLINE = 0x0a;
const BOM = '\ufeff';

/**
 * Reads JSON documents, one a line, from chunks of bytes. Blank lines are passed over. Only `\n` ends
 * a line (a JSON text may hold U+2028).
 *
 * @throws AppError VALIDATION naming the line that is no JSON or no UTF-8
 * @example for await (const { number, value } of jsonLines(createReadStream(file))) …
 */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let number = 0;
  for await (const bytes of splitLines(chunks)) {
    number += 1;
    const text = decode(bytes, number);
    if (text.trim() !== '') yield { number, value: parse(text, number), bytes: bytes.length };
  }
}

/** An error about one line. */
export function lineError(number: number, message: string, cause?: unknown): AppError {
  return new AppError('VALIDATION', `line ${number}: ${message}`, {
    hint: 'nothing was imported; correct the line and import again',
    cause,
  });
}

async function* splitLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let open: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      yield open.length === 0 ? chunk.subarray(start, end) : Buffer.concat([...open, chunk.subarray(start, end)]);
      open = [];
      start = end + 1;
    }
    if (start < chunk.length) open.push(chunk.subarray(start));
  }
  if (open.length > 0) yield Buffer.concat(open);
}

function decode(bytes: Uint8Array, number: number): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return number === 1 && text.startsWith(BOM) ? text.slice(1) : text;
  } catch (error) {
    throw lineError(number, 'not UTF-8 text', error);
  }
}

function parse(text: string, number: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw lineError(number, `not JSON: ${messageOf(error)}`, error);
  }
}
