import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ErrorDocument } from '../../../src/cli/error-projection.ts';
import { eventually } from '../../helpers/eventually.ts';
import { fakeDolt } from '../../helpers/fake-dolt.ts';
import { testPort } from '../../helpers/ports.ts';
import { makeTown, type TestTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

/** `gt dolt start` that must be refused. */
async function refused(town: TestTown, ...args: string[]): Promise<ErrorDocument> {
  const result = await town.gt(['dolt', 'start', '--json', ...args]);
  expect(result.exitCode, result.stdout + result.stderr).toBe(4);
  return json<ErrorDocument>(result);
}

describe('the port of a rig', () => {
  test('held by another program: its pid and command are named, and it is left alone', async () => {
    const town = await makeTown();
    const holder = createServer().listen(town.port('beads'), '127.0.0.1');
    await once(holder, 'listening');
    onTestFinished(() => void holder.close());
    const error = await refused(town);
    expect(error).toMatchObject({ code: 'PORT_IN_USE', exit_code: 4 });
    expect(error.error).toContain(`port ${town.port('beads')}`);
    expect(error.error).toContain(`pid ${process.pid}`);
    expect(error.error).toContain(process.argv[0]?.split('/').at(-1));
    expect(error.hint).toContain('--port');
    expect(holder.listening).toBe(true);
    expect(await town.rig()).toMatchObject({ state: 'foreign', managed: false, identity: 'mismatch', pid: null });
    holder.close();
    await once(holder, 'close');
    await town.start();
  });

  test('held by a program on all addresses', async () => {
    const town = await makeTown();
    const holder = createServer().listen(town.port('beads'));
    await once(holder, 'listening');
    onTestFinished(() => void holder.close());
    expect(await refused(town)).toMatchObject({ code: 'PORT_IN_USE' });
    holder.close();
  });

  test('held by the Dolt of another town: its data dir is named, and it goes on', async () => {
    const other = await makeTown();
    const [pid] = await other.start();
    const town = await makeTown();
    const error = await refused(town, '--port', String(other.port('beads')));
    expect(error).toMatchObject({ code: 'PORT_IN_USE' });
    expect(error.error).toContain(`pid ${pid}`);
    expect(error.error).toContain(`data dir ${other.path('beads')}`);
    expect(await other.rig()).toMatchObject({ state: 'running', identity: 'verified', pid, restarts: 0 });
    expect((await town.gt(['dolt', 'stop'])).exitCode).toBe(0);
    expect(await other.rig()).toMatchObject({ state: 'running', pid });
  });

  test('configured and held by the Dolt of another town: status, start and stop say the same of the rig', async () => {
    const other = await makeTown();
    await other.start();
    const town = await makeTown();
    const yaml = readFileSync(town.path('gt.yaml'), 'utf8');
    writeFileSync(town.path('gt.yaml'), yaml.replace(String(town.port('beads')), String(other.port('beads'))));
    for (const [word, exitCode] of Object.entries({ status: 3, start: 4, stop: 0 })) {
      const result = await town.gt(['dolt', word, '--json']);
      expect(result.exitCode, word).toBe(exitCode);
      expect(json<{ rigs: object[] }>(result).rigs[0], word).toMatchObject({
        ...{ state: 'foreign', managed: false, reachable: false, identity: 'mismatch', pid: null },
        last_error: expect.stringContaining(`port ${other.port('beads')} is held`),
      });
    }
  });

  test('one that is held does not keep the other rigs from starting', async () => {
    const town = await makeTown({ rigs: ['beads', 'gastown'] });
    const holder = createServer().listen(town.port('beads'), '127.0.0.1');
    await once(holder, 'listening');
    onTestFinished(() => void holder.close());
    await refused(town);
    expect((await town.status()).rigs.map(({ state }) => state)).toEqual(['foreign', 'running']);
    holder.close();
  });

  test('given with --port is kept in gt.yaml, comments too; one of another rig is refused', async () => {
    const town = await makeTown({ rigs: ['beads', 'gastown'], yaml: '# mine\n' });
    const error = await refused(town, 'beads', '--port', String(town.port('gastown')));
    expect(error).toMatchObject({ code: 'PORT_IN_USE' });
    expect(error.error).toContain('"gastown"');
    const port = await testPort();
    await town.start('beads', '--port', String(port));
    expect(await town.rig()).toMatchObject({ port, state: 'running' });
    const yaml = readFileSync(town.path('gt.yaml'), 'utf8');
    expect(yaml).toContain(`port: ${port}`);
    expect(yaml).toContain('# mine');
    await town.gt(['dolt', 'stop']);
    await town.start('beads');
    expect(await town.rig()).toMatchObject({ port, state: 'running' });
  });

  test('taken by somebody when its server died: the rig fails, and the error names the holder', async () => {
    const town = await makeTown({ yaml: 'restart: { first_delay: 50ms, max_delay: 100ms, max_failures: 3 }\n' });
    const gate = town.own('gate');
    const script = `while [ ! -e '${gate}' ]; do sleep 0.05; done; exec "$DOLT" "$@"`;
    writeFileSync(gate, '');
    const started = await town.gt(['dolt', 'start'], { env: { GT_DOLT_BIN: fakeDolt(town.own('dolt'), script) } });
    expect(started.exitCode, started.stderr).toBe(0);
    const { pid } = await town.rig();
    // The next server does not take the port before we have it.
    rmSync(gate);
    process.kill(pid ?? Number.NaN, 'SIGKILL');
    await town.until('the next one', (rig) => rig.state === 'starting' && rig.pid !== pid);
    const holder = createServer().listen(town.port('beads'), '127.0.0.1');
    onTestFinished(() => void holder.close());
    await once(holder, 'listening');
    writeFileSync(gate, '');
    await eventually('the end of the supervisor', () => !existsSync(town.path('.gt/supervisor.json')));
    expect(town.state()).toMatchObject({ state: 'failed', server: null });
    expect(town.state().lastError).toContain(`pid ${process.pid}`);
    holder.close();
    await once(holder, 'close');
    await town.start();
    expect(await town.rig()).toMatchObject({ state: 'running', restarts: 0, last_error: null });
  });
});
