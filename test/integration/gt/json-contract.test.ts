import { describe, expect, test } from 'vitest';
import { makeTown } from '../../helpers/town.ts';
import { json, type RunResult } from '../../helpers/workspace.ts';

const RIG_KEYS = [
  ...['rig', 'state', 'managed', 'reachable', 'identity', 'pid', 'host', 'port', 'remotesapi_port', 'database'],
  ...['version', 'started_at', 'uptime_seconds', 'restarts', 'latency_ms', 'connections', 'disk_bytes'],
  ...['memory_bytes', 'log_file', 'last_error'],
].sort();

function keys(value: unknown): string[] {
  return Object.keys(value as object).sort();
}

/** Exactly one JSON document on stdout, with its version. */
function document(result: RunResult): Record<string, unknown> & { rigs: Record<string, unknown>[] } {
  const parsed = json<Record<string, unknown> & { rigs: Record<string, unknown>[] }>(result);
  expect(parsed['schema_version']).toBe(1);
  return parsed;
}

describe('the JSON of', () => {
  test('status, start, restart, stop and list of a town that runs', async () => {
    const town = await makeTown({ rigs: ['beads', 'gastown'] });
    const start = document(await town.gt(['dolt', 'start', '--json']));
    expect(keys(start)).toEqual(['rigs', 'schema_version']);
    for (const rig of start.rigs) expect(keys(rig)).toEqual([...RIG_KEYS, 'ready_ms'].sort());

    const status = document(await town.gt(['dolt', 'status', '--json']));
    expect(keys(status)).toEqual(['data_dir', 'dolt', 'rigs', 'schema_version', 'supervisor']);
    expect(status['data_dir']).toBe(town.dataDir);
    expect(keys(status['dolt'])).toEqual(['path', 'version']);
    expect(keys(status['supervisor'])).toEqual(['pid', 'running', 'uptime_seconds']);
    for (const rig of status.rigs) {
      expect(keys(rig)).toEqual([...RIG_KEYS, 'sync'].sort());
      const text = expect.any(String);
      const number = expect.any(Number);
      expect(rig).toEqual({
        ...{ rig: text, state: 'running', managed: true, reachable: true, identity: 'verified', pid: number },
        ...{ host: '127.0.0.1', port: number, remotesapi_port: null, database: rig['rig'], version: text },
        ...{ started_at: text, uptime_seconds: number, restarts: 0, latency_ms: number, connections: number },
        ...{ disk_bytes: number, memory_bytes: number, log_file: text, last_error: null, sync: null },
      });
      expect(Math.abs(Date.now() - Date.parse(String(rig['started_at'])))).toBeLessThan(600_000);
    }

    const restart = document(await town.gt(['dolt', 'restart', 'beads', '--json']));
    expect(restart.rigs.map(keys)).toEqual([[...RIG_KEYS, 'ready_ms'].sort()]);

    const list = document(await town.gt(['dolt', 'list', '--json']));
    expect(keys(list)).toEqual(['data_dir', 'rigs', 'schema_version']);
    expect(list.rigs.map(keys)).toEqual(
      Array(2).fill(['configured', 'database_exists', 'directory', 'host', 'port', 'remotesapi_port', 'rig']),
    );

    const logs = document(await town.gt(['dolt', 'logs', '--json', '-n', '3']));
    expect(keys(logs)).toEqual(['lines', 'schema_version']);
    for (const line of logs['lines'] as object[]) expect(keys(line)).toEqual(['level', 'line', 'rig', 'time']);

    const sql = document(await town.gt(['dolt', 'sql', '-q', 'SELECT 1 AS one', '--json']));
    expect(sql).toMatchObject({ rig: 'beads', rows: [{ one: 1 }] });

    const stop = document(await town.gt(['dolt', 'stop', '--json']));
    expect(keys(stop)).toEqual(['rigs', 'schema_version']);
    for (const rig of stop.rigs) {
      expect(keys(rig)).toEqual([...RIG_KEYS, 'forced'].sort());
      expect(rig).toMatchObject({ state: 'stopped', pid: null, version: null, latency_ms: null, started_at: null });
    }
  });

  test('an error is one document, whatever the command and wherever it fails', async () => {
    const town = await makeTown();
    const cases: [string[], number, string][] = [
      [['dolt', 'status'], 3, ''],
      [['dolt', 'start', 'nobody'], 1, 'RIG_UNKNOWN'],
      [['dolt', 'stop', 'Nobody!'], 2, 'RIG_NAME_INVALID'],
      [['dolt', 'start', '--port', 'x'], 2, 'USAGE'],
      [['dolt', 'start', '--prot', '1'], 2, 'USAGE'],
      [['dolt', 'start', '--timeout', 'soon'], 2, 'USAGE'],
      [['dolt', 'sttaus'], 2, 'USAGE'],
      [['dolt', 'sql', '-q', 'SELECT 1'], 3, 'SERVER_NOT_RUNNING'],
      [['dolt', 'init-rig'], 2, 'USAGE'],
      [['dolt', 'init-rig', 'beads'], 4, 'RIG_EXISTS'],
      [['dolt', 'logs', '--level', 'loud'], 2, 'USAGE'],
    ];
    await Promise.all(
      cases.map(async ([args, exit, code]) => {
        const result = await town.gt([...args, '--json']);
        expect(result.exitCode, `${args.join(' ')}: ${result.stdout}${result.stderr}`).toBe(exit);
        const parsed = document(result);
        if (code === '') return expect(keys(parsed)).toContain('rigs');
        expect(parsed, args.join(' ')).toMatchObject({ code, exit_code: exit, error: expect.any(String) });
        expect(result.stdout).not.toContain('oclif');
      }),
    );
  });

  test('rigs of which some fail has all of them, and the errors beside', async () => {
    const town = await makeTown({ rigs: ['beads', 'gastown'] });
    await town.startByHand('beads', town.port('beads'));
    await town.start('gastown');
    const stop = await town.gt(['dolt', 'stop', '--json']);
    expect(stop.exitCode).toBe(4);
    const parsed = document(stop);
    expect(parsed).toMatchObject({
      code: 'FOREIGN_SERVER',
      exit_code: 4,
      rigs: [
        { rig: 'beads', state: 'running', managed: false },
        { rig: 'gastown', state: 'stopped' },
      ],
      errors: [{ rig: 'beads', code: 'FOREIGN_SERVER', exit_code: 4 }],
    });
  });

  test('a command with words for people keeps them off stdout', async () => {
    const town = await makeTown({ rigs: [] });
    const { testPort } = await import('../../helpers/ports.ts');
    const start = await town.gt(['dolt', 'start', '--json'], { env: { GT_DOLT_PORT: String(await testPort()) } });
    expect(start.exitCode).toBe(0);
    document(start);
    expect(start.stderr).toContain('made the database');
  });
});
