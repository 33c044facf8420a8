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
  const time = hex(Math.max(0, at), 12);
  const number = row >>> 0;
  const third = `7${hex(number >>> 20, 3)}`;
  // The variant, the last 20 bits of the number, and 10 bits of the hash; numbers, for BigInt is slow.
  const upper = ((0b10 << 30) | ((number & 0xf_ffff) << 10) | (hash.readUInt32BE(0) & 0x3ff)) >>> 0;
  const end = hex(upper, 8);
  const lower = hex(hash.readUInt32BE(4), 8);
  return `${time.slice(0, 8)}-${time.slice(8)}-${third}-${end.slice(0, 4)}-${end.slice(4)}${lower}`;
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0');
}
