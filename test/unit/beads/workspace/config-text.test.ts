import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { readPlain, readSettingsText } from '../../../../src/beads/workspace/config-text.ts';

const read = async (text: string) => Object.fromEntries(await readSettingsText('config.yaml', text));

test('reads nested and flat keys; flat wins', async () => {
  expect(await read('dolt:\n  mode: server # or embedded\n  port: 3307\ndolt.mode: "embedded"\n')).toEqual({
    'dolt.mode': 'embedded',
    'dolt.port': '3307',
  });
});

test('values are the text of the file, not what YAML makes of it', async () => {
  const text = 'a: 1.10\nb: 007\nc: off\nd: "x y"\ne: 30s\nf: null\ng:\nh: []\n';
  const expected = { a: '1.10', b: '007', c: 'off', d: 'x y', e: '30s' };
  expect(await read(text)).toEqual(expected);
  expect(await read(`${text}list: [a, b]\n`)).toEqual({ ...expected, list: 'a,b' });
});

test.each([
  'a: [1, 2]',
  'a: |\n  text',
  'a: b\n  c: d',
  'a:\n  b:\n    c: d',
  'a:\n  b: 1\n c: 2',
  'a: 1\na: 2',
  'a: b: c',
  'a: "x\\n"',
  'a: *b',
  '- a',
  '---\na: 1',
  'a:\tb',
  '{a: b}',
  'a: b:',
])('leaves to the YAML parser what is not plain: %j', (text) => {
  expect(readPlain(text)).toBeUndefined();
});

test('a broken file is named with line and column', async () => {
  await expect(readSettingsText('/x/config.yaml', 'a: 1\nb: [')).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(/^\/x\/config\.yaml:2:\d+: is not YAML/),
  });
  await expect(readSettingsText('/x/config.yaml', '- a\n')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});

const word = fc.stringMatching(/^[A-Za-z0-9_./:@+~ #"'[\]{}-]{0,8}$/);
const key = fc.constantFrom('a', 'b.c', 'dolt', 'dolt.mode', 'mode', 'x-y');
const line = fc.oneof(
  fc.tuple(fc.constantFrom('', '  ', '    ', ' '), key, fc.constantFrom(': ', ':', ':  '), word).map((p) => p.join('')),
  word,
  fc.constant(''),
  fc.constant('# note: "x'),
);

test('what the plain reader accepts, the YAML parser reads the same', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
      const plain = readPlain(lines.join('\n'));
      if (!plain) return;
      expect(parseDocument(lines.join('\n')).errors).toEqual([]);
      expect(Object.fromEntries(plain)).toEqual(flattened(lines.join('\n')));
    }),
    { numRuns: 5_000 },
  );
});

/** An independent flattening: the core schema tells what is null, the failsafe one has the text. */
function flattened(source: string): Record<string, string> {
  const text = parseDocument(source, { schema: 'failsafe' }).toJS() ?? {};
  const typed = parseDocument(source).toJS() ?? {};
  const nested: Record<string, string> = {};
  const top: Record<string, string> = {};
  for (const [name, value] of Object.entries<unknown>(typed)) {
    if (typeof value === 'object' && value !== null) {
      for (const [inner, leaf] of Object.entries(value)) {
        if (leaf !== null && typeof leaf !== 'object') nested[`${name}.${inner}`] = text[name][inner];
      }
    } else if (value !== null) top[name] = text[name];
  }
  return { ...nested, ...top };
}
