import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentHash } from '../../../src/beads/content-hash.ts';
import { requireFits } from '../../../src/beads/field-limits.ts';
import { idDepth, requireValidId } from '../../../src/beads/ids/explicit-id.ts';
import { hashSuffix, suffixLength } from '../../../src/beads/ids/hash-id.ts';

const LIMITS = { min: 3, max: 8, probability: 0.25 };

describe('ids', () => {
  it('get longer where the birthday bound of the contract says so', () => {
    expect([0, 163, 164, 983, 984, 5898, 5899, 35389, 35390].map((count) => suffixLength(count, LIMITS))).toEqual([
      3, 3, 4, 4, 5, 5, 6, 6, 7,
    ]);
    expect(suffixLength(10_000_000, LIMITS)).toBe(8);
  });

  it('are the last digits of a base-36 digest', () => {
    // Computed with Python: hashlib.sha256(b'First||alice|1700000000000000000|0').
    const input = {
      title: 'First',
      description: '',
      creator: 'alice',
      createdAtNs: 1_700_000_000_000_000_000n,
      nonce: 0,
    };
    expect([3, 4, 5, 6, 7, 8].map((length) => hashSuffix(length, input))).toEqual([
      'lng',
      '9ytd',
      'evkvm',
      'uevkvm',
      '09skgyj',
      '609skgyj',
    ]);
  });

  it('always have the length and the alphabet asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 8 }), fc.string(), fc.bigInt({ min: 0n }), (length, title, createdAtNs) => {
        const suffix = hashSuffix(length, { title, description: '', creator: 'a', createdAtNs, nonce: 1 });
        expect(suffix).toMatch(new RegExp(`^[0-9a-z]{${length}}$`));
      }),
    );
  });

  it('given by hand need the shape and a known prefix', () => {
    const check =
      (id: string, force = false) =>
      () =>
        requireValidId(id, ['hm', 'my-app'], { force });
    for (const id of ['hm-a1', 'hm-login', 'hm-a1.2.3', 'my-app-x']) expect(check(id)).not.toThrow();
    expect(check('zz-1')).toThrow(
      "prefix mismatch: database uses 'hm-' but ID 'zz-1' doesn't match (use --force to override)",
    );
    expect(check('zz-1', true)).not.toThrow();
    for (const id of ['bad', '', 'hm-', 'hm-a b', "hm-a'", 'hm-a.x', 'hm-a..1']) {
      expect(check(id)).toThrow(/^invalid ID format '/);
    }
  });

  it('say how deep they are', () => {
    expect(['hm-a', 'hm-a.1', 'hm-a.1.12', 'hm-a.1.12.3'].map(idDepth)).toEqual([0, 1, 2, 3]);
  });
});

describe('the limits of fields', () => {
  it('count characters of a title, bytes of a text', () => {
    expect(() => requireFits('title', '😀'.repeat(500))).not.toThrow();
    expect(() => requireFits('title', 'x'.repeat(501))).toThrow('title must be 500 characters or less (got 501)');
    expect(() => requireFits('notes', 'é'.repeat(5 * 1024 * 1024))).not.toThrow();
    expect(() => requireFits('notes', `${'é'.repeat(5 * 1024 * 1024)}x`)).toThrow(
      'notes is 10485761 bytes long; at most 10485760 fit',
    );
    expect(() => requireFits('notes', '\ud83d')).toThrow('not valid Unicode');
  });
});

describe('the content hash', () => {
  it('is that of the contract', () => {
    const issue = {
      id: 'x',
      title: 'T',
      status: 'open',
      priority: 2,
      issue_type: 'task',
      created_at: '',
      updated_at: '',
    };
    // Computed with Python over the fields of the contract, each followed by NUL.
    expect(contentHash(issue)).toBe('eae7aa3ce3936b616b8a1ca740689064a286cd0d57caa6ed23b7e144e00d9a22');
  });
});
