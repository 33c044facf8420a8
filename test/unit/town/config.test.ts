import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { editRigs, readTownConfig } from '../../../src/town/config.ts';

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gt-config-'));
  file = join(directory, 'gt.yaml');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('gt.yaml', () => {
  test('that is missing, empty or only comments has every default', async () => {
    const missing = await readTownConfig(file);
    expect(missing).toEqual({
      exists: false,
      doltPath: undefined,
      rigs: [],
      remoteRigs: [],
      logs: { maxBytes: 20 * 1024 * 1024, keep: 5, level: 'info' },
      health: { intervalMs: 10_000, timeoutMs: 5_000 },
      restart: { firstDelayMs: 200, maxDelayMs: 30_000, maxFailures: 10, windowMs: 600_000 },
    });
    for (const text of ['', '# nothing\n', 'rigs:\n', '---\n']) {
      writeFileSync(file, text);
      expect(await readTownConfig(file), text).toEqual({ ...missing, exists: true });
    }
  });

  test('is read with all its keys', async () => {
    writeFileSync(
      file,
      `dolt: { path: /opt/dolt }
rigs:
  beads: { host: localhost, port: 4000, remotesapi_port: 4001 }
  gastown: { tls: { cert: certs/c.pem, key: /k.pem } }
  far: { endpoint: { host: db.example, user: ann, ca: /ca.pem } }
logs: { max_size: 512k, keep: 0, level: debug }
health: { interval: 2s, timeout: 500ms }
restart: { first_delay: 1, max_delay: 1m, max_failures: 3, window: 2h }
`,
    );
    expect(await readTownConfig(file)).toEqual({
      exists: true,
      doltPath: '/opt/dolt',
      rigs: [
        { name: 'beads', host: 'localhost', port: 4000, remotesapiPort: 4001 },
        { name: 'gastown', host: '127.0.0.1', tls: { cert: join(dirname(file), 'certs/c.pem'), key: '/k.pem' } },
      ],
      remoteRigs: [{ name: 'far', host: 'db.example', port: 3307, user: 'ann', tls: true, ca: '/ca.pem' }],
      logs: { maxBytes: 512 * 1024, keep: 0, level: 'debug' },
      health: { intervalMs: 2_000, timeoutMs: 500 },
      restart: { firstDelayMs: 1_000, maxDelayMs: 60_000, maxFailures: 3, windowMs: 7_200_000 },
    });
  });

  test.each([
    ['rigs:\n  beads: { port: 3\n', /:\d+:\d+: is not YAML/],
    ['rigs: [beads]\n', /:1:7: rigs must be a map/],
    ['- rigs\n', /:1:1: the file must be a map/],
    ['rigs:\n  beads: 3307\n', /:2:10: beads must be a map/],
    ['rigs:\n  beads:\n    prot: 3310\n', /:3:5: unknown key "prot" \(known: .*port/],
    ['rigs:\n  beads:\nlogz: 1\n', /:3:1: unknown key "logz"/],
    ['rigs:\n  beads:\n  beads:\n', /:3:3: is not YAML: .*unique/],
    ['rigs:\n  beads: { port: 23000 }\n  gastown: { port: 23000 }\n', /:3:20: port 23000 of rig "gastown" is already/],
    ['rigs:\n  beads: { port: 4000, remotesapi_port: 4000 }\n', /:2:41: port 4000/],
    ['rigs:\n  beads: { port: 99999 }\n', /:2:18: port must be a whole number from 1 to 65535/],
    ['rigs:\n  beads: { port: "3307" }\n', /:2:18: port must be a whole number/],
    ['rigs:\n  my-rig: {}\n', /:2:3: "my-rig" cannot be the name of a rig/],
    ['rigs:\n  beads: { endpoint: { port: 1 } }\n', /:2:22: endpoint needs a host/],
    ['rigs:\n  beads: { endpoint: { host: a }, port: 1 }\n', /unknown key "port"/],
    ['rigs:\n  beads: { endpoint: { host: a, tls: maybe } }\n', /tls must be true or false/],
    ['rigs:\n  beads: { tls: { cert: c.pem } }\n', /:2:17: tls needs both cert and key/],
    ['rigs:\n  beads: { tls: { cert: c.pem, key: k.pem, pin: x } }\n', /unknown key "pin"/],
    ['logs: { max_size: many }\n', /:1:19: max_size must be a size/],
    ['logs: { level: loud }\n', /:1:16: level must be one of/],
    ['restart:\n  window: soon\n', /:2:11: "soon" is not a duration/],
    ['restart: { max_failures: 0 }\n', /:1:26: max_failures must be a whole number from 1/],
  ])('%j is refused with its place', async (text, message) => {
    writeFileSync(file, text);
    const error = await readTownConfig(file).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) });
    expect(error).toMatchObject({ message: expect.stringContaining(file) });
  });

  test('keeps comments, order and what else is in it when rigs are added and ports set', async () => {
    writeFileSync(file, '# head\nlogs: { keep: 2 } # few\nrigs:\n  # the first\n  beads:\n  other: { port: 4001 }\n');
    await editRigs(file, [
      { name: 'beads', port: 4000 },
      { name: 'gastown', port: 4002, remotesapiPort: 4003 },
    ]);
    const text = readFileSync(file, 'utf8');
    for (const kept of ['# head', '# few', '# the first', 'keep: 2']) expect(text).toContain(kept);
    expect(
      (await readTownConfig(file)).rigs.map(({ name, port, remotesapiPort }) => [name, port, remotesapiPort]),
    ).toEqual([
      ['beads', 4000, undefined],
      ['other', 4001, undefined],
      ['gastown', 4002, 4003],
    ]);
  });
});
