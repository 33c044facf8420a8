import { expect, test } from 'vitest';
import { compareAsBytes } from '../../../src/util/compare-as-bytes.ts';

test('is the order of the bytes of UTF-8', () => {
  const pieces = [
    '',
    'a',
    'b',
    'Z',
    '-',
    'é',
    'ÿ',
    '\u07ff',
    '\u0800',
    '\ud7ff',
    '\ue000',
    '\uff5e',
    '\uffff',
    '😀',
    '𐀀',
    '\u{10ffff}',
  ];
  const texts = pieces.flatMap((first) => pieces.flatMap((second) => [`${first}${second}`, `x${first}y${second}z`]));
  for (const a of texts) {
    for (const b of texts) {
      expect(Math.sign(compareAsBytes(a, b)), `${a} ${b}`).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }
  }
});
