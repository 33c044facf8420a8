import { randomBytes } from 'node:crypto';

/**
 * A UUID of version 7 (RFC 9562): it begins with the time, so later ones sort later.
 *
 * @example uuid7(new Date()) // '0191d4a0-6c3e-7b1f-9f0a-2f0c1e8a5b77'
 */
export function uuid7(at: Date): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(at.getTime(), 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
