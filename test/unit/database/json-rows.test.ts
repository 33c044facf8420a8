import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJsonRows } from '../../../src/database/json-rows.ts';

test.each([
  ['{}', []],
  ['{"rows": [{}]}', [{}]],
  ['{"rows": [{"a":true,"b":false,"c":null}]}', [{ a: 1, b: 0 }]],
  ['{"rows": [{"n":9007199254740991},{"n":-9007199254740993}]}', [{ n: 9007199254740991 }, { n: '-9007199254740993' }]],
  ['{"rows": [{"d":1234567890123456.5,"e":1e+22,"f":1.25e-9}]}', [{ d: 1234567890123456.5, e: 1e22, f: 1.25e-9 }]],
  [
    '{"rows": [{"j":{"n":1152921504606846977,"t":true},"k":[1152921504606846977]}]}',
    [{ j: { n: 2 ** 60, t: true }, k: [2 ** 60] }],
  ],
  [
    '{"rows": [{"t":"12345678901234567890","u":"\\"x\\":12345678901234567890}"}]}',
    [{ t: '12345678901234567890', u: '"x":12345678901234567890}' }],
  ],
])('%s', (line, rows) => {
  expect(parseJsonRows(line)).toEqual(rows);
});

test('any text survives beside a long integer', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }), (text, n) => {
      const line = `{"rows": [{"t":${JSON.stringify(text)},"n":${n},"j":{"t":${JSON.stringify(text)}}}]}`;
      expect(parseJsonRows(line)).toEqual([{ t: text, n: String(n), j: { t: text } }]);
    }),
  );
});
