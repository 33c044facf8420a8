import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { fakeDolt } from '../../helpers/fake-dolt.ts';
import { testPort } from '../../helpers/ports.ts';
import { runCommand } from '../../helpers/running-command.ts';
import { makeTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

test('gt dolt sql loses nothing, and says what it was refused', async () => {
  const town = await makeTown();
  await town.start();
  const sql = (...args: string[]) => town.gt(['dolt', 'sql', ...args]);
  const query = "SELECT 1 AS a, 2 AS a, 3 AS a_2, x'00ff' AS b, NULL AS n; SELECT 4 AS a";
  const { rows, results } = json<{ rows: object[]; results: object[] }>(await sql('--json', '-q', query));
  expect(results).toEqual([{ rows: [{ a: 1, a_3: 2, a_2: 3, b: '0x00FF', n: null }] }, { rows: [{ a: 4 }] }]);
  expect(rows).toEqual([{ a: 4 }]);
  expect(json(await sql('--format', 'json', '-q', 'SELECT 1 AS a, 2 AS a'))).toMatchObject({
    rows: [{ a: 1, a_2: 2 }],
  });

  const hint = expect.stringContaining('mend the statement');
  expect(json(await sql('--json', '-q', 'SELECT * FROM nope'))).toMatchObject({ code: 'SQL_ERROR', hint });
  const refused = await sql('-q', 'SELECT * FROM nope');
  expect([refused.exitCode, refused.stdout]).toEqual([1, '']);
  expect(refused.stderr).toMatch(/^Error: .*table not found: nope\nHint: mend the statement/);
  writeFileSync(town.own('bad.sql'), 'SELECT 1;\nSELECT * FROM nope;\n');
  const stopped = await sql('-f', town.own('bad.sql'));
  expect(stopped.stderr).toMatch(/^Error: .*table not found: nope\nHint: mend the statement/);
  expect((await sql('-f', town.own('.'))).stderr).toMatch(/^Error: cannot read .*: it is a directory/);
  for (const flags of [['--json'], []]) {
    const missing = await sql('-f', town.own('none.sql'), ...flags);
    expect([missing.exitCode, missing.stdout + missing.stderr]).toEqual([1, expect.stringContaining('cannot read')]);
    expect(missing.stdout + missing.stderr).toContain('ENOENT');
    expect(missing.stdout + missing.stderr).toContain('-f FILE');
  }
  const empty = await sql('-q', 'SELECT 1 FROM dolt_log WHERE FALSE');
  expect([empty.exitCode, empty.stdout.trim(), empty.stderr]).toEqual([0, '(no rows)', '']);
});

test('a server that is just being started is waited for, and that is told', async () => {
  const town = await makeTown();
  const gate = town.own('gate');
  const script = `while [ ! -e '${gate}' ]; do sleep 0.05; done; exec "$DOLT" "$@"`;
  const env = { GT_DOLT_BIN: fakeDolt(town.own('dolt'), script) };
  expect((await town.gt(['dolt', 'start', '--timeout', '100ms'], { env })).exitCode).toBe(6);
  const sql = runCommand(town, ['sql', '-q', 'SELECT 40 + 2 AS answer', '--json']);
  await sql.prints(/waiting for the server of rig "beads"/);
  writeFileSync(gate, '');
  const { exitCode, stdout } = await sql.end();
  expect([exitCode, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ rows: [{ answer: 42 }] })]);
});

test('a Dolt configuration of the user stays as it is, whatever gt does', async () => {
  const town = await makeTown();
  const file = `${town.home}/.dolt/config_global.json`;
  const own = '{"user.name":"Ann",  "user.email":"ann@example.com","metrics.disabled":"true"}\n';
  mkdirSync(`${town.home}/.dolt`);
  writeFileSync(file, own);
  for (const args of [
    ['start'],
    ['init-rig', 'gastown', '--port', String(await testPort())],
    ['sql', '-q', 'CREATE TABLE t (a INT PRIMARY KEY)'],
    ['backup', 'beads'],
    ['stop'],
  ]) {
    const done = await town.gt(['dolt', ...args]);
    expect(done.exitCode, done.stderr).toBe(0);
    expect(readFileSync(file, 'utf8'), args[0]).toBe(own);
  }
  expect(readdirSync(`${town.home}/.dolt`)).toEqual(['config_global.json']);
  rmSync(`${town.home}/.dolt`, { recursive: true });
});

test('a rig whose port is held: sql names the holder and the way out, status too', async () => {
  const town = await makeTown();
  const held = createServer().listen(town.port('beads'), '127.0.0.1');
  onTestFinished(() => void held.close());
  await eventually('the listener', () => held.listening);
  const refused = await town.gt(['dolt', 'sql', '-q', 'SELECT 1', '--json']);
  expect(json(refused)).toMatchObject({ code: 'SERVER_NOT_RUNNING', hint: expect.stringContaining('--port N') });
  expect((await town.rig()).last_error).toContain(`held by pid ${process.pid} (`);
});

test('gt.yaml changed under a running rig: start says so, and restart takes it', async () => {
  const town = await makeTown();
  await town.start();
  const before = readFileSync(town.path('gt.yaml'), 'utf8');
  const port = await testPort();
  writeFileSync(town.path('gt.yaml'), before.replace(String(town.port('beads')), String(port)));
  const again = await town.gt(['dolt', 'start']);
  expect([again.exitCode, again.stderr]).toEqual([
    0,
    expect.stringContaining(`127.0.0.1:${port}; gt dolt restart beads`),
  ]);
  expect((await town.gt(['dolt', 'restart', 'beads'])).exitCode).toBe(0);
  expect(await town.rig()).toMatchObject({ port, state: 'running' });
  expect((await town.gt(['dolt', 'start'])).stderr).toBe('');
});

test('a server that was started by hand tells since when it runs', async () => {
  const town = await makeTown();
  const before = Date.now();
  await town.startByHand('beads', town.port('beads'));
  const { started_at, uptime_seconds } = await town.rig();
  // The kernel counts whole seconds.
  expect(Date.parse(started_at ?? '')).toBeGreaterThanOrEqual(before - 3_000);
  expect(Date.parse(started_at ?? '')).toBeLessThanOrEqual(Date.now() + 3_000);
  expect(uptime_seconds).not.toBeNull();
});

test('hints lead out, never in a circle', async () => {
  const town = await makeTown({ rigs: [] });
  const hintOf = async (...args: string[]) => json(await town.gt(['dolt', ...args, '--json']))['hint'];
  expect(await hintOf('sql', '-q', 'SELECT 1')).toContain('gt dolt start');
  expect(existsSync(town.path('beads'))).toBe(false);
  mkdirSync(town.path('r4'), { recursive: true });
  expect(await hintOf('start', 'r4')).toContain('move that directory away');
  const nowhere = await town.gt(['dolt', 'list', '--data-dir', '', '--json']);
  expect([nowhere.exitCode, json(nowhere)]).toEqual([2, expect.objectContaining({ code: 'USAGE' })]);
  for (const args of [
    ['--version', '--json'],
    ['--json', '--version'],
  ])
    expect(json(await town.gt(args))).toEqual({ version: expect.stringMatching(/^\d+\./), schema_version: 1 });
});
