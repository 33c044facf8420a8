import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonLines } from '../../../../src/beads/transfer/lines.ts';

async function read(text: string, size: number): Promise<{ number: number; value: unknown }[]> {
  const bytes = Buffer.from(text);
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  const lines: { number: number; value: unknown }[] = [];
  for await (const { number, value } of jsonLines(chunks())) lines.push({ number, value });
  return lines;
}

test('lines are the same however the bytes arrive', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.json(), fc.constantFrom('', '  ', '"\u2028"', '"日本🐝"'))),
      fc.integer({ min: 1, max: 20 }),
      fc.constantFrom('\n', '\r\n'),
      async (documents, size, end) => {
        const lines = await read(documents.join(end), size);
        const expected = documents.flatMap((text, index) =>
          text.trim() === '' ? [] : [{ number: index + 1, value: JSON.parse(text) as unknown }],
        );
        expect(lines).toEqual(expected);
      },
    ),
  );
});
