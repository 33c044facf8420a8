import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvHeader } from '../../../src/database/column-names.ts';

const quoted = (name: string) => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);
const name = fc.oneof(
  fc.constantFrom('a', '', 'COUNT(*)', 'a "b"', 'x, y', 'two\nlines', 'ä', '"', '""', "it's", 'a\r\nb'),
  fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes('\r')),
);

test('reads the names that were written, however few bytes have come', () => {
  fc.assert(
    fc.property(
      fc.array(name, { minLength: 1, maxLength: 5 }),
      fc.constantFrom('\n', '\r\n'),
      fc.constantFrom('', '1,2\n', '"x\ny"\n'),
      (names, end, rest) => {
        const header = names.map(quoted).join(',');
        expect(csvHeader(`${header}${end}${rest}`)).toEqual(names);
        // Without the end of the line, the last name may go on.
        for (let at = 0; at <= header.length; at += 1) {
          const early = csvHeader(header.slice(0, at));
          if (early) expect(names.slice(0, early.length)).toEqual(early);
        }
      },
    ),
  );
});

test('nothing that is half there is taken for a name', () => {
  expect(csvHeader('')).toBeUndefined();
  expect(csvHeader('a,b')).toBeUndefined();
  expect(csvHeader('a,"b')).toBeUndefined();
  expect(csvHeader('a,"b\n')).toBeUndefined();
  expect(csvHeader('a,"b ""c"", d"\n1,2\n')).toEqual(['a', 'b "c", d']);
});
