import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ErrorDocument } from '../../../src/cli/error-projection.ts';
import { fakeDolt } from '../../helpers/fake-dolt.ts';
import { filesBelow } from '../../helpers/leaks.ts';
import { canMount, mounted } from '../../helpers/mounted.ts';
import { testPort } from '../../helpers/ports.ts';
import { makeTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

describe('a data dir', () => {
  test('that is missing is made, with its parents, for the user alone', async () => {
    const town = await makeTown({ rigs: [] });
    const dataDir = town.own('a/b/town');
    const env = { GT_DOLT_PORT: String(await testPort()), GT_DOLT_DATA_DIR: dataDir };
    const started = await town.gt(['dolt', 'start'], { env });
    expect(started.exitCode, started.stderr).toBe(0);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect((await town.gt(['dolt', 'stop'], { env })).exitCode).toBe(0);
  });

  test.each([
    ['below a file', (own: string) => join(own, 'file', 'town')],
    ['a file', (own: string) => join(own, 'file')],
    ['where nothing can be made', () => '/proc/town'],
  ])('%s is told as such', async (_, place) => {
    const town = await makeTown({ rigs: [] });
    writeFileSync(town.own('file'), '');
    const dataDir = place(town.own('.'));
    const start = await town.gt(['dolt', 'start', '--json', '--data-dir', dataDir]);
    expect(start.exitCode, start.stdout).toBe(1);
    const error = json<ErrorDocument>(start);
    expect(error.code).toBe('IO_ERROR');
    expect(error.error).toContain(dataDir);
  });

  test.skipIf(!canMount)('on a read-only file system', async () => {
    const town = await makeTown();
    const readOnly = 'mount --bind "$DATA" "$DATA" && mount -o remount,ro,bind "$DATA" && ';
    const start = await mounted(town, `${readOnly} gt dolt start --json`);
    expect(start.exitCode, start.stdout + start.stderr).toBe(1);
    expect(json<ErrorDocument>(start)).toMatchObject({ code: 'IO_ERROR' });
    expect(start.stdout).toContain('EROFS');
    const status = await mounted(town, `${readOnly} gt dolt status --json`);
    expect(status.exitCode, status.stdout).toBe(3);
    expect(json<{ rigs: object[] }>(status).rigs[0]).toMatchObject({ state: 'stopped' });
  });

  test.skipIf(!canMount)(
    'on a full file system: told as such, and nothing half made is taken for a database',
    async () => {
      const town = await makeTown({ rigs: [] });
      mkdirSync(town.dataDir);
      const env = { GT_DOLT_PORT: String(await testPort()) };
      // Too small for gt.yaml, for the database, for the server.
      for (const size of ['4k', '28k', '64k']) {
        const start = await mounted(
          town,
          `mount -t tmpfs -o size=${size} tmpfs "$DATA"; gt dolt start --json; code=$?; ls "$DATA" >&2; exit $code`,
          env,
        );
        expect(start.exitCode, start.stdout + start.stderr).toBe(1);
        expect(json<ErrorDocument>(start).code, start.stdout).toBe('DISK_FULL');
        expect(start.stderr.split('\n').includes('beads'), start.stderr).toBe(size === '64k');
      }
    },
  );

  test.skipIf(!canMount)('that fills up while the town runs: status and stop still work', async () => {
    const town = await makeTown({ rigs: [] });
    mkdirSync(town.dataDir);
    const result = await mounted(
      town,
      `mount -t tmpfs -o size=16m tmpfs "$DATA"
       gt dolt start >&2 || exit 90
       dd if=/dev/zero of="$DATA/filler" bs=1M 2>/dev/null
       gt dolt status --json || exit 91
       gt dolt stop >&2 || exit 92
       rm "$DATA/filler"
       gt dolt start >&2 || exit 93
       gt dolt stop >&2 || exit 94`,
      { GT_DOLT_PORT: String(await testPort()) },
    );
    expect(result.exitCode, result.stderr).toBe(0);
    expect(json<{ rigs: object[] }>(result).rigs[0]).toMatchObject({ state: 'running', reachable: true });
  });

  test('that is empty gets its HQ rig first, whatever is the first command', async () => {
    const town = await makeTown({ rigs: [] });
    const port = await testPort();
    const env = { GT_DOLT_PORT: String(port) };
    const unknown = await town.gt(['dolt', 'start', 'gastown', '--json'], { env });
    expect(unknown.exitCode).toBe(1);
    expect(json<ErrorDocument>(unknown)).toMatchObject({
      code: 'RIG_UNKNOWN',
      hint: expect.stringContaining('gt dolt init-rig gastown'),
    });
    expect(existsSync(town.path('gt.yaml'))).toBe(false);
    const made = await town.gt(['dolt', 'init-rig', 'gastown', '--port', String(await testPort())], { env });
    expect(made.exitCode, made.stderr).toBe(0);
    expect(made.stderr).toContain('made the database of rig "beads"');
    const list = json<{ rigs: object[] }>(await town.gt(['dolt', 'list', '--json']));
    expect(list.rigs).toMatchObject([
      { rig: 'beads', port, database_exists: true, configured: true },
      { rig: 'gastown', database_exists: true, configured: true },
    ]);
    // Written as people would: each setting in a line of its own.
    expect(readFileSync(town.path('gt.yaml'), 'utf8')).toMatch(/^rigs:\n {2}beads:\n {4}port: \d+\n {2}gastown:\n/m);
    await town.start();
  });

  test('into which somebody puts a database: start with its name takes it in, as every hint says', async () => {
    const town = await makeTown();
    cpSync(town.path('beads'), town.path('gastown'), { recursive: true });
    const refused = await town.gt(['dolt', 'init-rig', 'gastown', '--json']);
    expect(refused.exitCode).toBe(4);
    expect(json<ErrorDocument>(refused)).toMatchObject({ code: 'RIG_EXISTS', hint: 'gt dolt start gastown' });
    for (const word of ['status', 'logs', 'stop']) {
      const error = json<ErrorDocument>(await town.gt(['dolt', word, 'gastown', '--json']));
      expect(error).toMatchObject({ code: 'RIG_UNKNOWN', hint: expect.stringContaining('gt dolt start gastown') });
    }
    await town.start();
    expect((await town.status()).rigs.map(({ rig }) => rig)).toEqual(['beads']);
    await town.start('gastown', '--port', String(await testPort()));
    expect((await town.status()).rigs.map(({ rig, state }) => `${rig} ${state}`)).toEqual([
      'beads running',
      'gastown running',
    ]);
  });

  test('the example town comes up as it is', async () => {
    const town = await makeTown({ rigs: [] });
    const example = readFileSync(join(import.meta.dirname, '../../../.dolt-data.example/gt.yaml'), 'utf8');
    mkdirSync(town.dataDir);
    chmodSync(town.dataDir, 0o755);
    // On ports of the test's own.
    const ports = [await testPort(), await testPort(), await testPort()];
    const yaml = [3307, 3308, 3309].reduce(
      (text, port, index) => text.replace(`port: ${port}`, `port: ${ports[index]}`),
      example,
    );
    writeFileSync(town.path('gt.yaml'), yaml);
    await town.start();
    expect((await town.status()).rigs.map(({ rig, state, port }) => [rig, state, port])).toEqual([
      ['beads', 'running', ports[0]],
      ['beads_rig', 'running', ports[1]],
      ['gastown', 'running', ports[2]],
    ]);
    expect(readFileSync(town.path('gt.yaml'), 'utf8')).toBe(yaml);
    // `cp -r` leaves it open for everybody.
    expect(statSync(town.dataDir).mode & 0o777).toBe(0o700);
  });
});

describe('what is in .dolt', () => {
  function contents(directory: string): Record<string, string> {
    const files = filesBelow(directory).filter((name) => statSync(join(directory, name)).isFile());
    return Object.fromEntries(
      files.map((name) => {
        const { ino, mtimeMs } = statSync(join(directory, name));
        const hash = createHash('sha256')
          .update(readFileSync(join(directory, name)))
          .digest('hex');
        return [name, `${ino} ${mtimeMs} ${hash}`];
      }),
    );
  }

  test('is the same after starts that failed, status, list, stop and logs: nobody but Dolt writes there', async () => {
    const town = await makeTown();
    // What a killed Dolt may leave: its presence proves nothing, and it is Dolt's.
    writeFileSync(town.path('beads/.dolt/sql-server.info'), '999999999:3307:00000000-0000-4000-8000-000000000000');
    writeFileSync(town.path('beads/.dolt/noms/LOCK'), '');
    const before = contents(town.path('beads'));
    const holder = createServer().listen(town.port('beads'), '127.0.0.1');
    await once(holder, 'listening');
    onTestFinished(() => void holder.close());
    expect((await town.gt(['dolt', 'start'])).exitCode).toBe(4);
    holder.close();
    await once(holder, 'close');
    const env = { GT_DOLT_BIN: fakeDolt(town.own('dolt'), 'exit 1') };
    expect((await town.gt(['dolt', 'start'], { env })).exitCode).toBe(1);
    for (const command of ['status', 'list', 'stop', 'logs']) await town.gt(['dolt', command]);
    expect((await town.gt(['dolt', 'init-rig', 'beads'])).exitCode).toBe(4);
    expect(contents(town.path('beads'))).toEqual(before);
  });

  test('keeps its lock file through start, crash, restart and stop', async () => {
    const town = await makeTown();
    const lock = town.path('beads/.dolt/noms/LOCK');
    const { ino } = statSync(lock);
    const [pid = Number.NaN] = await town.start();
    process.kill(pid, 'SIGKILL');
    await town.until('another server', (rig) => rig.state === 'running' && rig.restarts === 1);
    await town.gt(['dolt', 'restart']);
    await town.gt(['dolt', 'stop']);
    expect(statSync(lock).ino).toBe(ino);
  });
});
