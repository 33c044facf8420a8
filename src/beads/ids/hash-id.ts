import { createHash } from 'node:crypto';

/** Bytes of the digest that make a suffix of a length; other lengths take 3. */
const DIGEST_BYTES: Readonly<Record<number, number>> = { 3: 2, 4: 3, 5: 4, 6: 4, 7: 5, 8: 5 };

export interface HashIdInput {
  title: string;
  description: string;
  creator: string;
  /** Nanoseconds since 1970. */
  createdAtNs: bigint;
  /** Another number gives another id for the same issue. */
  nonce: number;
}

/**
 * The suffix of an id, of `length` characters `0-9a-z`, as the Go `bd` 1.0.3 makes it.
 *
 * @example `hm-${hashSuffix(3, { title: 'First', description: '', creator: 'alice', createdAtNs, nonce: 0 })}`
 */
export function hashSuffix(length: number, input: HashIdInput): string {
  const text = [input.title, input.description, input.creator, String(input.createdAtNs), String(input.nonce)].join(
    '|',
  );
  const digest = createHash('sha256').update(text).digest();
  const number = BigInt(`0x${digest.subarray(0, DIGEST_BYTES[length] ?? 3).toString('hex')}`);
  return number.toString(36).padStart(length, '0').slice(-length);
}

export interface LengthLimits {
  min: number;
  max: number;
  /** How likely a collision may be before ids get one character more. */
  probability: number;
}

/**
 * How many characters a new suffix gets among `count` issues: the fewest with which a collision of
 * any two stays less likely than `limits.probability`.
 *
 * @example suffixLength(164, { min: 3, max: 8, probability: 0.25 }) // 4
 */
export function suffixLength(count: number, limits: LengthLimits): number {
  for (let length = limits.min; length < limits.max; length += 1) {
    if (1 - Math.exp(-(count * count) / (2 * 36 ** length)) <= limits.probability) return length;
  }
  return limits.max;
}
