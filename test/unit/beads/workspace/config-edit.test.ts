import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { setInText, unsetInText } from '../../../../src/beads/workspace/config-edit.ts';
import { readSettingsText } from '../../../../src/beads/workspace/config-text.ts';

const FILE = `# Beads of this project
dolt:
  mode: embedded   # change with: bd config set
  # the HQ's port
  port: 3307

export.auto: false # never
labels: [a, b]
`;

describe('setInText', () => {
  test('changes a nested key in its place and keeps the rest byte for byte', async () => {
    expect(await setInText(FILE, 'dolt.mode', 'server')).toBe(FILE.replace('embedded', 'server'));
    expect(await setInText(FILE, 'dolt.port', '3310')).toBe(FILE.replace('3307', '3310'));
    expect(await setInText(FILE, 'export.auto', 'true')).toBe(FILE.replace('false', 'true'));
  });

  test('adds a new key flat at the end, as the Go bd writes it', async () => {
    expect(await setInText(FILE, 'dolt.host', 'db.example.org')).toBe(`${FILE}dolt.host: "db.example.org"\n`);
    expect(await setInText('', 'export.interval', '30s')).toBe('export.interval: 30s\n');
    expect(await setInText('a: 1', 'b', 'x: "y"')).toBe('a: 1\nb: "x: \\"y\\""\n');
  });

  test('changes both where a key stands nested and flat, so that they agree', async () => {
    const text = 'dolt:\n  mode: embedded\ndolt.mode: embedded\n';
    expect(await setInText(text, 'dolt.mode', 'server')).toBe('dolt:\n  mode: server\ndolt.mode: server\n');
  });

  test('replaces a list and keeps the comments', async () => {
    const changed = await setInText(FILE, 'labels', 'none');
    expect(changed).toContain('# the HQ');
    expect(changed).toContain('# never');
    expect((await readSettingsText('x', changed)).get('labels')).toBe('none');
  });

  test('refuses a file that is no map', async () => {
    await expect(setInText('- a\n', 'x', '1')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(setInText('a: [\n', 'x', '1')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

test('unsetInText removes the line of a key, nested and flat', async () => {
  expect(await unsetInText(FILE, 'dolt.port')).toBe(FILE.replace('  port: 3307\n', ''));
  expect(await unsetInText(`${FILE}dolt.port: 1\n`, 'dolt.port')).toBe(FILE.replace('  port: 3307\n', ''));
  expect(await unsetInText(FILE, 'labels')).toBe(FILE.replace('labels: [a, b]\n', ''));
  expect(await unsetInText(FILE, 'nothing')).toBe(FILE);
  expect(await unsetInText('{a: 1, b: 2}\n', 'a')).not.toContain('a:');
});

const key = fc.constantFrom('dolt.mode', 'dolt.port', 'export.auto', 'labels', 'a.b.c', 'new', 'dolt.host');
const value = fc.oneof(fc.string(), fc.constantFrom('true', '12', '1.10', 'off', 'null', '~', '', '# x', '30s', '- a'));

test('what is set reads back as it was set, other keys and all comments stay', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(key, fc.option(value)), { maxLength: 6 }), async (edits) => {
      let text = FILE;
      for (const [name, wanted] of edits) {
        const before = await readSettingsText('x', text);
        text = wanted === null ? await unsetInText(text, name) : await setInText(text, name, wanted);
        const after = await readSettingsText('x', text);
        expect(after.get(name)).toBe(wanted ?? undefined);
        for (const [other, kept] of before) if (other !== name) expect(after.get(other)).toBe(kept);
      }
      for (const comment of ['# Beads of this project', "# the HQ's port"]) expect(text).toContain(comment);
    }),
    {
      numRuns: 300,
      examples: [
        [
          [
            ['dolt.mode', '.0'],
            ['labels', 'true'],
          ],
        ],
        [
          [
            ['dolt.mode', '007'],
            ['labels', 'true'],
          ],
        ],
        [
          [
            ['dolt.mode', '1e3'],
            ['labels', 'true'],
          ],
        ],
      ],
    },
  );
});
