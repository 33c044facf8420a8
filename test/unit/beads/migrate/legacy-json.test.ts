import { expect, test } from 'vitest';
import { canonicalJson, legacyJson } from '../../../../src/beads/migrate/legacy-json.ts';

test.each([
  ['{"b":1,"a":[1,2.5,"x"]}'],
  ['[]'],
  ['"text"'],
  ['null'],
  ['{"a":"1234567890123456789"}'],
  ['{"a":"\\ud83d\\ude00"}'],
])('keeps %s as it is', (source) => {
  expect(legacyJson(source)).toEqual({ value: source });
});

test.each([['{broken'], ['{"a":1} x'], ['NaN'], ["{'a':1}"]])('keeps %s, which is no JSON, as text', (source) => {
  const { value, problem } = legacyJson(source);
  expect(JSON.parse(value)).toEqual({ unparsed: source });
  expect(problem).toContain('no JSON');
});

test('keeps a number that no float holds as text', () => {
  const { value, problem } = legacyJson('{"a":1e999}');
  expect(JSON.parse(value)).toEqual({ unparsed: '{"a":1e999}' });
  expect(problem).toContain('too large');
});

test.each([['{"a":9007199254740993}'], ['[0.12345678901234567891]']])('tells that %s loses digits', (source) => {
  expect(legacyJson(source)).toEqual({ value: source, problem: expect.stringContaining('digits') });
});

test('tells half of a surrogate pair, in a value and in a key', () => {
  const { value, problem } = legacyJson('{"a\\ud800":["x\\udfff"]}');
  expect(JSON.parse(value)).toEqual({ 'a\ufffd': ['x\ufffd'] });
  expect(problem).toContain('half of a character');
});

test('equal JSON has one canonical text', () => {
  expect(canonicalJson(JSON.parse('{"b":1.0,"a":{"d":-0,"c":[]}}'))).toBe('{"a":{"c":[],"d":0},"b":1}');
});
