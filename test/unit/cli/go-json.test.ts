import { expect, test } from 'vitest';
import { goJson } from '../../../src/cli/go-json.ts';
import { goJsonLine } from '../../../src/util/json-line.ts';

test('sorts the keys of a top-level object, nested ones too, and adds schema_version', () => {
  const text = goJson({ b: { d: 1, c: [{ z: 1, a: 2 }] }, a: undefined });
  expect(text).toBe(
    [
      '{',
      '  "b": {',
      '    "c": [',
      '      {',
      '        "a": 2,',
      '        "z": 1',
      '      }',
      '    ],',
      '    "d": 1',
      '  },',
      '  "schema_version": 1',
      '}',
    ].join('\n'),
  );
});

test('passes a top-level array through, in the order of its fields', () => {
  expect(goJson([{ b: 1, a: 2 }])).toBe('[\n  {\n    "b": 1,\n    "a": 2\n  }\n]');
  expect(goJson([])).toBe('[]');
});

test('escapes what Go escapes, and it reads back the same', () => {
  const value = ['<a href="x">&</a>', '\u2028\u2029', '\\<'];
  expect(goJson(value)).toContain('\\u003ca href=\\"x\\"\\u003e\\u0026\\u003c/a\\u003e');
  expect(goJson(value)).toContain('"\\u2028\\u2029"');
  expect(JSON.parse(goJson(value))).toEqual(value);
  expect(goJsonLine({ b: '<', a: 1 })).toBe('{"b":"\\u003c","a":1}');
});

test('wraps everything in an envelope when asked', () => {
  expect(JSON.parse(goJson([1], { envelope: true }))).toEqual({ data: [1], schema_version: 1 });
  expect(JSON.parse(goJson({ a: 1 }, { envelope: true }))).toEqual({ data: { a: 1 }, schema_version: 1 });
});
