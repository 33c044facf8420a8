import { randomBytes } from 'node:crypto';

/**
 * A random UUID that begins with a time, of version 7 (RFC 9562). Rows with such keys lie beside each
 * other: of thousands at once Dolt writes a few pages, where random keys touch every page of the table.
 *
 * @example timedUuid(new Date()) // 019ab3c5-3f4e-7c1d-9a2b-5f6e7d8c9b0a
 */
export function timedUuid(at: Date): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(at.getTime(), 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
