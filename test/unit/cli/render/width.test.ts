import { expect, test } from 'vitest';
import { cutTo, displayWidth, padTo } from '../../../../src/cli/render/width.ts';

test.each([
  ['abc', 3],
  ['', 0],
  ['日本', 4],
  ['한글', 4],
  ['ｆｕｌｌ', 8],
  ['é', 1],
  ['e\u0301', 1],
  ['🐝', 2],
  ['👩‍👩‍👧', 2],
  ['🇩🇪', 2],
  ['❄', 1],
  ['❄️', 2],
  ['\u001b[31mred\u001b[39m', 3],
  ['○ ◐ ✓', 5],
])('%j takes %i columns', (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

test('cutting never splits a character, and keeps within the width', () => {
  expect(cutTo('a long title', 7)).toBe('a long…');
  expect(cutTo('short', 5)).toBe('short');
  expect(cutTo('日本語の題', 6)).toBe('日本…');
  expect(cutTo('日本語', 4)).toBe('日…');
  expect(cutTo('👩‍👩‍👧👩‍👩‍👧x', 4)).toBe('👩‍👩‍👧…');
  expect(padTo('日', 4)).toBe('日  ');
});
