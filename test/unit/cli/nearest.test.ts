import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearest } from '../../../src/cli/nearest.ts';

const COMMANDS = ['start', 'stop', 'restart', 'status', 'logs', 'sql', 'list', 'init-rig', 'install'];

test.each([
  ['sttaus', 'status'],
  ['strat', 'start'],
  ['lgos', 'logs'],
  ['instal', 'install'],
  ['initrig', 'init-rig'],
  ['sq', 'sql'],
  ['frobnicate', undefined],
  ['', undefined],
])('%j is near %j', (typed, near) => {
  expect(nearest(typed, COMMANDS)).toBe(near);
});

test('a candidate is nearest to itself', () => {
  fc.assert(fc.property(fc.constantFrom(...COMMANDS), (word) => nearest(word, COMMANDS) === word));
});
