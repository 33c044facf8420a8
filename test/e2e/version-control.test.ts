import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Commit } from '../../src/beads/history/log.ts';
import { testPort } from '../helpers/ports.ts';
import { json, makeWorkspace, type Workspace } from '../helpers/workspace.ts';

// The document's sections on version control and auto-commit, typed as they stand there.

describe.each(['embedded', 'server'] as const)('version control, %s', (mode) => {
  let workspace: Workspace;
  let cwd: string;
  let port: number;
  const bd = (...args: string[]) => workspace.bd(args, { cwd });
  const create = async (...args: string[]) => json<{ id: string }>(await bd('create', ...args, '--json')).id;
  const log = async () => json<Commit[]>(await bd('vc', 'log', '--json', '-n', '0'));

  beforeAll(async () => {
    port = await testPort();
    const given = { GT_DOLT_PORT: String(port), BEADS_DOLT_SERVER_PORT: String(port) };
    workspace = makeWorkspace({ ...given, BEADS_ACTOR: 'tester' });
    cwd = join(workspace.home, 'app');
    mkdirSync(cwd);
    if (mode === 'server') await workspace.gt(['dolt', 'start']);
    const init = await bd('init', ...(mode === 'server' ? ['--server'] : []));
    expect(init.exitCode).toBe(0);
  });

  afterAll(() => workspace?.dispose());

  test('bd vc log shows the initial commit, and all is committed', async () => {
    const { stdout, exitCode } = await bd('vc', 'log');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^commit [0-9a-v]{32} \(HEAD -> main\)$/m);
    expect(stdout).toContain('    Initialize data repository');
    expect(json(await bd('vc', 'status', '--json'))).toMatchObject({ branch: 'main', clean: true });
  });

  test('a batch without Dolt commits, then bd vc commit', async () => {
    const before = await log();
    for (const title of ['Issue 1', 'Issue 2']) {
      expect((await bd('--dolt-auto-commit', 'off', 'create', title)).exitCode).toBe(0);
    }
    expect(await log()).toEqual(before);
    expect((await bd('vc', 'status')).stdout).toMatch(/^ +\+ app-\w+ Issue 1$/m);
    const committed = await bd('vc', 'commit', '-m', 'Batch: created issues');
    expect(committed.exitCode).toBe(0);
    expect(committed.stdout).toMatch(/^Created commit [0-9a-v]{8}$/);
    const [head, ...rest] = await log();
    expect(rest.map(({ hash }) => hash)).toEqual(before.map(({ hash }) => hash));
    expect(head?.message).toBe('Batch: created issues');
  });

  test('bd vc commit with nothing to commit says so and makes no commit', async () => {
    const before = await log();
    const text = await bd('vc', 'commit', '-m', 'Checkpoint before refactor');
    expect([text.exitCode, text.stdout]).toEqual([0, 'Nothing to commit']);
    expect(json(await bd('vc', 'commit', '-m', 'again', '--json'))).toEqual({
      committed: false,
      hash: before[0]?.hash,
      message: 'again',
      schema_version: 1,
    });
    expect(await log()).toEqual(before);
  });

  test('bd vc diff HEAD~1 HEAD shows what the last commit did', async () => {
    const { stdout, exitCode } = await bd('vc', 'diff', 'HEAD~1', 'HEAD');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^\+ ○ app-\w+ ● P2 Issue 1$/m);
    expect(stdout).toContain('2 issues: 2 added, 0 modified, 0 removed');
    const id = await create('Third', '--description', 'a\nb\nc');
    await bd('update', id, '--status', 'in_progress', '--priority', '1', '--add-label', 'ui');
    await bd('vc', 'commit', '-m', 'third');
    await bd('update', id, '--description', 'a\nB\nc');
    const uncommitted = (await bd('vc', 'diff')).stdout.split('\n');
    expect(uncommitted).toEqual(
      mode === 'server' ? expect.arrayContaining(['      - b', '      + B']) : ['No changes between HEAD and WORKING'],
    );
    await bd('vc', 'commit', '-m', 'fourth');
    expect((await bd('vc', 'diff', 'HEAD~1', 'HEAD')).stdout.split('\n')).toEqual([
      `~ ${id} Third`,
      '    description:',
      '      - b',
      '      + B',
      '',
      '1 issue: 0 added, 1 modified, 0 removed',
      'Other tables: events +1',
    ]);
    expect((await bd('vc', 'diff', 'HEAD', 'main')).stdout).toBe('No changes between HEAD and main');
  });

  test('bd diff prints the array of the Go bd', async () => {
    const entries = json<Record<string, unknown>[]>(await bd('diff', 'HEAD~1', 'HEAD', '--json'));
    expect(entries).toMatchObject([
      {
        IssueID: expect.stringMatching(/^app-/),
        DiffType: 'modified',
        OldValue: { title: 'Third', description: 'a\nb\nc' },
        NewValue: { title: 'Third', description: 'a\nB\nc' },
      },
    ]);
    expect(Object.keys(entries[0] ?? {})).toEqual(['IssueID', 'DiffType', 'OldValue', 'NewValue']);
    expect((await bd('diff', 'HEAD', 'HEAD', '--json')).stdout).toBe('[]');
  });

  test('bd vc log in pages, whole or one line each', async () => {
    const all = await log();
    const page = await bd('vc', 'log', '-n', '2', '--skip', '1', '--oneline');
    expect(page.stdout.split('\n')).toEqual(
      all.slice(1, 3).map(({ hash, message }) => `${hash.slice(0, 8)} ${message}`),
    );
    expect(page.stderr).toContain('--skip 3');
    const short = all[1]?.hash.slice(0, 8) ?? '';
    expect(json<Commit[]>(await bd('vc', 'log', short, '-n', '1', '--json'))[0]).toEqual(all[1]);
  });

  test('an unknown revision is named, with what to do', async () => {
    const text = await bd('vc', 'diff', 'HEAD', 'nope');
    expect(text.exitCode).toBe(1);
    expect(text.stderr).toContain('no commit, branch or tag "nope"');
    expect(text.stderr).toContain('bd vc log');
    const document = await bd('vc', 'log', 'nope', '--json');
    expect([document.exitCode, json(document)['code']]).toEqual([1, 'NOT_FOUND']);
  });

  test('branches: made, listed, compared, merged, deleted', async () => {
    const id = await create('Contested');
    await bd('vc', 'commit', '-m', 'contested');
    expect((await bd('branch', 'feat')).stdout).toBe('Created branch: feat');
    expect(json(await bd('branch', '--json'))).toMatchObject({ branches: ['feat', 'main'], current: 'main' });
    expect((await bd('branch')).stdout.split('\n')).toContainEqual(expect.stringMatching(/^ {2}\* main/));

    await onFeat(`UPDATE issues SET title = 'Theirs', priority = 0, updated_at = '2030-01-01' WHERE id = '${id}'`);
    await bd('update', id, '--title', 'Ours');
    await bd('vc', 'commit', '-m', 'ours');
    const before = await log();

    const refused = await bd('vc', 'merge', 'feat');
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout.split('\n')).toEqual([
      `✖ ${id}`,
      '    title: was Contested',
      '      ours:   Ours',
      '      theirs: Theirs',
    ]);
    expect(refused.stderr).toContain('--strategy ours');
    const document = await bd('vc', 'merge', 'feat', '--json');
    expect(document.exitCode).toBe(1);
    expect(json(document)).toMatchObject({
      code: 'CONFLICT',
      conflicts: 1,
      conflicting: [{ issue: id, fields: [{ field: 'title', base: 'Contested', ours: 'Ours', theirs: 'Theirs' }] }],
    });
    expect(await log()).toEqual(before);
    expect((await bd('branch', '--delete', 'feat')).exitCode).toBe(1);
    expect((await bd('vc', 'merge', 'feat', '--strategy', 'mine')).exitCode).toBe(2);

    expect(json(await bd('vc', 'merge', 'feat', '--strategy', 'theirs', '--json'))).toMatchObject({
      merged: 'feat',
      outcome: 'merged',
      conflicts: 1,
    });
    expect(JSON.parse((await bd('show', id, '--json')).stdout)).toMatchObject([{ title: 'Theirs', priority: 0 }]);
    expect(JSON.parse((await bd('show', id, '--as-of', 'HEAD~1', '--json')).stdout)).toMatchObject([{ title: 'Ours' }]);
    expect((await bd('vc', 'merge', 'feat')).stdout).toBe('✓ Already up to date with feat');
    expect((await bd('vc', 'branch', '--delete', 'feat')).stdout).toMatch(/^Deleted branch: feat \(was [0-9a-v]{8}\)$/);
  });

  test('writes nothing with --readonly', async () => {
    for (const args of [
      ['vc', 'commit', '-m', 'x'],
      ['vc', 'merge', 'main'],
      ['vc', 'branch', 'x'],
    ]) {
      const refused = await bd('--readonly', ...args);
      expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringContaining('not allowed in read-only mode')]);
    }
    expect((await bd('--readonly', 'vc', 'log')).exitCode).toBe(0);
  });

  /** Another program that works on the branch. */
  async function onFeat(sql: string): Promise<void> {
    const statements = ['USE `app/feat`', sql, "CALL DOLT_COMMIT('-a', '-m', 'theirs')"];
    if (mode === 'embedded') {
      await execa(process.env['GT_DOLT_BIN'] ?? 'dolt', ['sql', '-q', statements.join('; ')], {
        cwd: join(cwd, '.beads/dolt/app'),
        env: { DOLT_ROOT_PATH: join(workspace.home, 'other') },
      });
      return;
    }
    const connection = await createConnection({ host: '127.0.0.1', port, user: 'root' });
    for (const statement of statements) await connection.query(statement);
    await connection.end();
  }
});
