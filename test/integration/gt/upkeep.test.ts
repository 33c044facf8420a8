import { readdirSync } from 'node:fs';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import type { CollectedRig } from '../../../src/supervisor/upkeep/collect-garbage.ts';
import type { CompactedRig } from '../../../src/supervisor/upkeep/compact-rig.ts';
import { eventually } from '../../helpers/eventually.ts';
import { makeTown, type TestTown } from '../../helpers/town.ts';
import { json } from '../../helpers/workspace.ts';

/** Commits of the given ages in days, each with a row of its own. */
async function commit(client: Connection, ...ages: number[]): Promise<void> {
  await client.query('CREATE TABLE IF NOT EXISTS t (n INT PRIMARY KEY AUTO_INCREMENT, s TEXT)');
  for (const age of ages) {
    await client.query('INSERT INTO t (s) VALUES (?)', [`${age} days ago ${'x'.repeat(2_000)}`]);
    const date = new Date(Date.now() - age * 86_400_000).toISOString().slice(0, 19);
    await client.query("CALL DOLT_COMMIT('-A', '-m', ?, '--author', 'Ann <ann@example.com>', '--date', ?)", [
      `${age} days ago`,
      `${date}Z`,
    ]);
  }
}

async function one(client: Connection, sql: string): Promise<Record<string, unknown>> {
  const [rows] = await client.query<RowDataPacket[]>(sql);
  return { ...rows[0] };
}

async function messages(client: Connection): Promise<string[]> {
  const [rows] = await client.query<RowDataPacket[]>('SELECT message, committer FROM dolt_log');
  return rows.map(({ message, committer }) => `${message} (${committer})`);
}

const compact = async (town: TestTown, ...args: string[]) => {
  const result = await town.gt(['dolt', 'compact', 'beads', '--json', ...args]);
  return { result, document: json<CompactedRig & { code?: string }>(result) };
};

describe('gc', () => {
  test('gives space back while a transaction is open, which goes on', async () => {
    const town = await makeTown();
    await town.start();
    const [writer, other] = [await town.connect(), await town.connect()];
    await writer.query('CREATE TABLE t (n INT PRIMARY KEY AUTO_INCREMENT, s TEXT)');
    for (let count = 0; count < 200; count += 1) {
      await writer.query('INSERT INTO t (s) VALUES (?)', [`${count} ${'x'.repeat(3_000)}`]);
    }
    await other.query('START TRANSACTION');
    await other.query("INSERT INTO t (s) VALUES ('in a transaction')");
    const result = await town.gt(['dolt', 'gc', '--json']);
    expect(result.exitCode, result.stderr).toBe(0);
    const [rig] = json<{ rigs: CollectedRig[] }>(result).rigs;
    expect(rig?.bytes_after).toBeLessThan((rig?.bytes_before ?? 0) / 2);
    await other.query('COMMIT');
    expect(await one(writer, 'SELECT COUNT(*) AS n FROM t')).toEqual({ n: 201 });
  });

  test('of a stopped rig, and of an unknown one', async () => {
    const town = await makeTown();
    await town.start();
    await town.gt(['dolt', 'stop']);
    const stopped = await town.gt(['dolt', 'gc', 'beads', '--full']);
    expect(stopped.stdout).toMatch(/^✓ beads {2}\S+ -> \S+ {2}in /);
    const unknown = await town.gt(['dolt', 'gc', 'nobody', '--json']);
    expect([unknown.exitCode, json<{ code: string }>(unknown).code]).toEqual([1, 'RIG_UNKNOWN']);
  });
});

test('compact takes an age for --older-than, or tells how it is used', async () => {
  const town = await makeTown();
  const refused = await town.gt(['dolt', 'compact', 'beads', '--older-than', 'x', '--json']);
  expect(json(refused)).toMatchObject({ code: 'USAGE', exit_code: 2 });
});

describe('compact', () => {
  test('makes one commit of the old ones; content, younger commits and uncommitted rows stay', async () => {
    const town = await makeTown();
    await town.start();
    const client = await town.connect();
    await commit(client, 90, 80, 70, 60, 3, 2, 1);
    await client.query("INSERT INTO t (s) VALUES ('not committed')");
    const hashes = "SELECT DOLT_HASHOF_DB('HEAD') AS head, DOLT_HASHOF_DB() AS working";
    const before = await one(client, hashes);
    const { result, document } = await compact(town, '--older-than', '30d');
    expect(result.exitCode, result.stdout).toBe(0);
    expect(document).toMatchObject({ commits_before: 8, commits_after: 5, squashed: 4, still_kept_by: [] });
    expect(await one(client, hashes)).toEqual(before);
    const [newest = '', ...rest] = await messages(client);
    expect([newest, ...rest.slice(0, 2)]).toEqual(['1 days ago (Ann)', '2 days ago (Ann)', '3 days ago (Ann)']);
    expect(rest[2]).toMatch(/^Squash 4 commits until /);
    expect(await one(client, 'SELECT GROUP_CONCAT(name) AS names FROM dolt_branches')).toEqual({ names: 'main' });
    // The backup has the history as it was.
    expect(readdirSync(town.path('.gt/backups'))).toEqual([
      expect.stringMatching(/^beads-before-compact-\d{8}-\d{6}$/),
    ]);
    client.destroy();
    await town.gt(['dolt', 'stop']);
    const restored = await town.gt(['dolt', 'restore', 'beads', String(document.backup), '--confirm', 'beads']);
    expect(restored.exitCode, restored.stderr).toBe(0);
    await town.start();
    const again = await town.connect();
    expect(await messages(again)).toHaveLength(8);
    expect(await one(again, hashes)).toEqual(before);
  });

  test('does nothing where nothing is old enough, and makes no backup', async () => {
    const town = await makeTown();
    await town.start();
    await commit(await town.connect(), 3, 2);
    expect((await compact(town)).document).toMatchObject({
      squashed: 0,
      backup: null,
      commits_before: 3,
      commits_after: 3,
    });
    expect(readdirSync(town.path('.gt'))).not.toContain('backups');
  });

  test('flattens merges, tells which branches keep the old history, and asks before remotes lose it', async () => {
    const town = await makeTown();
    await town.start();
    const client = await town.connect();
    await commit(client, 90, 80);
    await client.query("CALL DOLT_BRANCH('side')");
    await commit(client, 2);
    await client.query('USE `beads/side`');
    await client.query('CREATE TABLE u (n INT PRIMARY KEY)');
    await client.query("CALL DOLT_COMMIT('-A', '-m', 'on the side')");
    await client.query('USE `beads/main`');
    await client.query("CALL DOLT_MERGE('side', '--no-ff', '-m', 'merged')");
    await client.query("CALL DOLT_REMOTE('add', 'origin', ?)", [`file://${town.own('remote')}`]);
    const before = await one(client, "SELECT DOLT_HASHOF('main') AS h");
    const refused = await compact(town, '--older-than', '30d');
    expect([refused.result.exitCode, refused.document.code]).toEqual([1, 'CONFLICT']);
    expect(await one(client, "SELECT DOLT_HASHOF('main') AS h")).toEqual(before);
    const { document } = await compact(town, '--older-than', '30d', '--shared');
    expect(document).toMatchObject({ squashed: 2, still_kept_by: ['side'] });
    expect((await messages(client)).slice(0, 2)).toEqual(['merged (root)', '2 days ago (Ann)']);
    expect(await one(client, 'SELECT COUNT(*) AS n FROM u')).toEqual({ n: 0 });
  });

  test('what writers commit meanwhile is kept', async () => {
    const town = await makeTown();
    await town.start();
    const client = await town.connect();
    await commit(client, ...Array.from({ length: 40 }, (_, index) => 100 - index), 2, 1);
    const writer = await town.connect();
    const running = compact(town, '--older-than', '30d');
    let written = 0;
    let done = false;
    const stop = running.finally(() => {
      done = true;
    });
    while (!done) {
      // As bd does: each write in its turn.
      await writer.query("SELECT GET_LOCK('beads.write.beads', 600)");
      await writer.query('INSERT INTO t (s) VALUES (?)', [`meanwhile ${written}`]);
      await writer.query("CALL DOLT_COMMIT('-A', '-m', ?)", [`meanwhile ${written}`]);
      await writer.query("SELECT RELEASE_LOCK('beads.write.beads')");
      written += 1;
    }
    const { document, result } = await stop;
    expect(result.exitCode, result.stdout).toBe(0);
    expect(document.squashed).toBe(40);
    const kept = await one(writer, "SELECT COUNT(*) AS n FROM t WHERE s LIKE '%meanwhile%'");
    expect(kept).toEqual({ n: written });
    expect(written).toBeGreaterThan(0);
    expect((await messages(writer)).filter((message) => message.startsWith('meanwhile'))).toHaveLength(written);
    expect(await one(writer, 'SELECT COUNT(*) AS n FROM dolt_status')).toEqual({ n: 0 });
  });

  test('killed half way, the history is as it was, and the next run completes', async () => {
    const town = await makeTown();
    const [pid = Number.NaN] = await town.start();
    const client = await town.connect();
    await commit(client, ...Array.from({ length: 60 }, (_, index) => 100 - index), 1);
    const before = await one(client, "SELECT DOLT_HASHOF('main') AS h, DOLT_HASHOF_DB() AS w");
    client.on('error', () => undefined);
    // It cannot come to its end while somebody writes.
    await client.query("SELECT GET_LOCK('beads.write.beads', 30)");
    const running = town.gt(['dolt', 'compact', 'beads', '--older-than', '39d']);
    await eventually('the new history', async () => {
      const [scratch] = await client.query<RowDataPacket[]>("SELECT 1 FROM dolt_branches WHERE name = 'gt_compact'");
      return scratch.length > 0;
    });
    process.kill(pid, 'SIGKILL');
    expect((await running).exitCode).toBe(3);
    await town.start();
    const again = await town.connect();
    expect(await one(again, "SELECT DOLT_HASHOF('main') AS h, DOLT_HASHOF_DB() AS w")).toEqual(before);
    const { document } = await compact(town, '--older-than', '39d');
    expect(document.squashed).toBeGreaterThan(50);
    expect(await one(again, 'SELECT DOLT_HASHOF_DB() AS w')).toEqual({ w: before['w'] });
    expect(await one(again, 'SELECT COUNT(*) AS n FROM dolt_branches')).toEqual({ n: 1 });
  });
});
