import { createHash } from 'node:crypto';

/**
 * The UUID that a row gets in place of its number: the same for the same row each time, and sorted
 * as the rows were. It has the form of version 7: 48 bits of time, then the row's number where
 * version 7 has random bits (32 bits), then a hash of the row (42 bits), which tells rows of two
 * databases apart.
 *
 * @param at ms since 1970
 * @param row the row's number
 * @param content what else makes the row that row
 * @example legacyUuid(1762070400987, 17, ['comment', 'hm-a1', 'alice', 'Done'])
 */
export function legacyUuid(at: number, row: number, content: readonly unknown[]): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([at, row, ...content]))
    .digest();
  const time = Math.max(0, at).toString(16).padStart(12, '0');
  const number = (row >>> 0).toString(2).padStart(32, '0');
  const third = `7${bits(number.slice(0, 12), 3)}`;
  const tail = hash.readBigUInt64BE() & ((1n << 42n) - 1n);
  const rest = (0b10n << 62n) | (BigInt(`0b${number.slice(12)}`) << 42n) | tail;
  const end = rest.toString(16).padStart(16, '0');
  return [time.slice(0, 8), time.slice(8), third, end.slice(0, 4), end.slice(4)].join('-');
}

function bits(binary: string, digits: number): string {
  return Number.parseInt(binary, 2).toString(16).padStart(digits, '0');
}
