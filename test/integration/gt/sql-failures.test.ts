import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { RowDataPacket } from 'mysql2';
import { describe, expect, test } from 'vitest';
import { sqlTarget } from '../../../src/cli/sql-target.ts';
import { openTown } from '../../../src/open-town.ts';
import { eventually } from '../../helpers/eventually.ts';
import { freeze } from '../../helpers/freeze.ts';
import { testPort } from '../../helpers/ports.ts';
import { runCommand } from '../../helpers/running-command.ts';
import { hasTerminal } from '../../helpers/terminal.ts';
import { makeTown, type TestTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

const FORMATS = ['table', 'csv', 'vertical'];
const gt = join(import.meta.dirname, '../../../dist/bin/gt.cjs');

/** Runs `gt dolt sql …` in a shell, with what follows it there. */
function inShell(town: TestTown, args: readonly string[], rest: string) {
  // The exit code of gt goes to stderr: that of the shell is that of the last program.
  const script = `{ "$@"; echo "exit $?" >&2; } ${rest}`;
  const command = [process.execPath, gt, 'dolt', 'sql', ...args];
  const options = { cwd: town.own('.'), env: town.env, extendEnv: false, reject: false } as const;
  return execa('sh', ['-c', script, 'sh', ...command], { ...options, stdin: 'ignore' });
}

describe('the server is away', () => {
  test('one that does not answer is told of in every format, as in JSON', async () => {
    const town = await makeTown();
    const [pid = Number.NaN] = await town.start();
    await freeze(pid);
    try {
      const ask = (...args: string[]) => town.gt(['dolt', 'sql', '-q', 'SELECT 1', ...args], { timeout: 60_000 });
      const [document, ...texts] = await Promise.all([
        ask('--json'),
        ...FORMATS.map((format) => ask('--format', format)),
      ]);
      expect([document.exitCode, json(document)]).toEqual([3, expect.objectContaining({ code: 'SERVER_UNREACHABLE' })]);
      for (const { exitCode, stderr } of texts) {
        expect([exitCode, stderr]).toEqual([3, expect.stringMatching(/^Error: no answer from 127\.0\.0\.1:/)]);
      }
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  });

  test('one that dies under a statement is not a bad statement', async () => {
    const town = await makeTown();
    const [pid = Number.NaN] = await town.start();
    const connection = await town.connect();
    const sql = runCommand(town, ['sql', '-q', 'SELECT SLEEP(60)']);
    await eventually('the statement', async () => {
      const [rows] = await connection.query<RowDataPacket[]>('SHOW PROCESSLIST');
      return rows.some(({ Info }) => String(Info).includes('SLEEP(60)'));
    });
    process.kill(pid, 'SIGKILL');
    const { exitCode, stderr } = await sql.end();
    expect([exitCode, stderr]).toEqual([3, expect.stringMatching(/^Error: the connection to 127.*was lost/)]);
    expect(stderr).toContain('Hint: gt dolt start beads');
    expect(stderr).not.toContain('[mysql]');
  });

  test('one that refuses connections for a moment is asked again', async () => {
    const town = await makeTown();
    await town.start();
    const opened = openTown({ dataDir: town.dataDir });
    const nobody = await testPort();
    let asked = 0;
    // As long as its end is not noticed, the state of a server that died is "running".
    const login = async (rig: string) => {
      asked += 1;
      const target = await opened.login(rig);
      return asked < 3 ? { ...target, port: nobody } : target;
    };
    const status = opened.status.bind(opened);
    expect(await sqlTarget({ login, status }, 'beads')).toMatchObject({ port: town.port('beads') });
    expect(asked).toBe(3);
    const always = async (rig: string) => ({ ...(await opened.login(rig)), port: nobody });
    await expect(sqlTarget({ login: always, status }, 'beads')).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      hint: 'gt dolt start beads',
    });
  });

  test('one whose next start is due: the reason is told', async () => {
    const town = await makeTown({ yaml: 'restart: { first_delay: 10m, max_delay: 10m }\n' });
    // The first time a server is started again at once.
    const [pid = Number.NaN] = await town.start();
    process.kill(pid, 'SIGKILL');
    const again = await town.until('another server', (rig) => rig.state === 'running' && rig.pid !== pid);
    process.kill(again.pid ?? Number.NaN, 'SIGKILL');
    const { last_error } = await town.until('backoff', ({ state }) => state === 'backoff');
    expect(last_error).not.toBeNull();
    const refused = await town.gt(['dolt', 'sql', '-q', 'SELECT 1', '--json']);
    expect([refused.exitCode, json(refused)]).toEqual([
      3,
      expect.objectContaining({ code: 'SERVER_NOT_RUNNING', error: expect.stringContaining(last_error ?? '') }),
    ]);
  });
});

test('a wrong password is not a bad statement', async () => {
  const town = await makeTown();
  await town.start();
  for (const format of FORMATS) {
    const env = { BEADS_DOLT_PASSWORD: 'wrong' };
    const refused = await town.gt(['dolt', 'sql', '-q', 'SELECT 1', '--format', format], { env });
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('refused user "root"')]);
    expect(refused.stderr).toContain('Hint: set BEADS_DOLT_SERVER_USER and BEADS_DOLT_PASSWORD');
  }
});

const hasIpv6 = Object.values(networkInterfaces()).some((found) => found?.some(({ address }) => address === '::1'));

test.runIf(hasIpv6)('a server at an IPv6 address is reached in every format', async () => {
  const town = await makeTown();
  const yaml = readFileSync(town.path('gt.yaml'), 'utf8');
  writeFileSync(town.path('gt.yaml'), yaml.replace('{ port:', '{ host: "::1", port:'));
  await town.start();
  for (const format of [...FORMATS, 'json']) {
    const { exitCode, stdout, stderr } = await town.gt(['dolt', 'sql', '-q', 'SELECT 40 + 2 AS a', '--format', format]);
    expect([exitCode, stdout, stderr]).toEqual([0, expect.stringContaining('42'), '']);
  }
});

const MANY =
  'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT a.i, b.i AS j FROM n a JOIN n b';

test('output that is lost is a failure; a reader that has seen enough is none', async () => {
  const town = await makeTown();
  await town.start();
  for (const format of FORMATS) {
    const { stdout, stderr } = await inShell(town, ['--format', format, '-q', MANY], '| head -1');
    expect([stdout.split('\n').length, stderr], format).toEqual([1, 'exit 0']);
    if (!existsSync('/dev/full')) continue;
    const lost = await inShell(town, ['--format', format, '-q', 'SELECT 1'], '>/dev/full');
    expect(lost.stderr, format).toMatch(/^Error: the output cannot be written: [\s\S]*\nexit 1$/);
  }
});

test('without a terminal there is no shell', async () => {
  const town = await makeTown();
  await town.start();
  const { stdout, stderr } = await inShell(town, [], '</dev/null');
  expect([stdout, stderr, readdirSync(town.own('.'))]).toEqual(['', 'exit 0', []]);
  const piped = await town.gt(['dolt', 'sql', '--format', 'csv'], { input: 'SELECT 40 + 2 AS a;\n' });
  expect([piped.exitCode, piped.stdout.trim()]).toEqual([0, 'a\n42']);
});

test.runIf(hasTerminal)('what was typed in the shell is nobody else’s to read, also where it was', async () => {
  const town = await makeTown();
  await town.start();
  const history = town.path('.gt/dolt-root/.sqlhistory');
  for (let round = 0; round < 2; round += 1) {
    await execa('script', ['-qec', `umask 022; ${process.execPath} ${gt} dolt sql`, '/dev/null'], {
      ...{ cwd: town.own('.'), env: town.env, extendEnv: false, reject: false },
      input: 'SELECT 40 + 2 AS answer;\nexit\n',
    });
    expect(statSync(history).mode & 0o777).toBe(0o600);
    chmodSync(history, 0o644);
  }
});

test('Dolt keeps no usage metrics in the town, of an older gt neither', async () => {
  const town = await makeTown();
  await town.start();
  const config = town.path('.gt/dolt-root/.dolt/config_global.json');
  const events = () => readdirSync(town.path('.gt'), { recursive: true }).filter((name) => /\.devts$/.test(`${name}`));
  for (const before of [undefined, '{}', '{"user.name":"Ann"}']) {
    if (before !== undefined) writeFileSync(config, before);
    expect((await town.gt(['dolt', 'sql', '-q', 'SELECT 1'])).exitCode).toBe(0);
    expect(events(), before).toEqual([]);
  }
  expect(JSON.parse(readFileSync(config, 'utf8'))).toEqual({ 'user.name': 'Ann', 'metrics.disabled': 'true' });
});
