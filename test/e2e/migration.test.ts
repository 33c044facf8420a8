import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, expect, test } from 'vitest';
import { legacyDatabase, legacyWorkspace } from '../helpers/legacy-sqlite.ts';
import { testPort } from '../helpers/ports.ts';
import { makeWorkspace, type Workspace } from '../helpers/workspace.ts';

// The sections Migrate from SQLite, Migration Cleanup and Lock Contention of the document, as typed.

let workspace: Workspace;

afterEach(() => workspace.dispose());

function legacyProject(name: string): { dir: string; beadsDir: string } {
  const dir = join(workspace.home, name);
  mkdirSync(dir);
  const beadsDir = legacyWorkspace(dir);
  const db = legacyDatabase(join(beadsDir, 'beads.db'), 'last');
  const times = { created_at: '2025-11-02T10:00:00Z', updated_at: '2025-11-03T10:00:00Z' };
  db.insert('issues', { id: 'app-1', title: 'From SQLite', ...times }, { id: 'app-2', title: 'Another one', ...times });
  db.insert('labels', { issue_id: 'app-1', label: 'ui' });
  db.insert('config', { key: 'issue_prefix', value: 'app' });
  db.close();
  return { dir, beadsDir };
}

test.each(['embedded', 'server'])('a migration from SQLite and its cleanup, %s', async (mode) => {
  workspace = makeWorkspace({ GT_DOLT_PORT: String(await testPort()) });
  const { dir, beadsDir } = legacyProject('app');
  const run = async (...args: string[]) => {
    const result = await workspace.bd(args, { cwd: dir });
    expect(result.exitCode, result.stdout + result.stderr).toBe(0);
    return result.stdout;
  };
  const target = mode === 'server' ? ['--server', '--database', 'app'] : [];
  if (mode === 'server') expect((await workspace.gt(['dolt', 'start'])).exitCode).toBe(0);
  if (mode === 'server') target.push('--server-port', String(workspace.env['GT_DOLT_PORT']));

  expect(await run('migrate', '--to-dolt', '--dry-run', ...target)).toContain('Would migrate 2 issues');
  expect(await run('migrate', '--to-dolt', ...target)).toContain('✓ Migrated 2 issues');
  expect(await run('list')).toContain('From SQLite');
  expect(await run('vc', 'log')).toContain('Migrate from SQLite: 2 issues imported');
  expect(await run('doctor')).not.toContain('✖ Schema');

  await run('migrate', '--to-dolt', '--cleanup', '--yes');
  const databases = () => readdirSync(beadsDir).filter((name) => name.endsWith('.db'));
  expect(databases()).toEqual([expect.stringMatching(/^beads\.backup-pre-dolt-\d{8}-\d{6}\.db$/)]);
  await execa('sh', ['-c', 'rm .beads/*.backup-*.db'], { cwd: dir });
  expect(await run('list')).toContain('Another one');
  expect(databases()).toEqual([]);
});

test('after a migration: rm -rf .beads/dolt takes the remote’s issues again, not those of the old SQLite file', async () => {
  workspace = makeWorkspace();
  const { dir, beadsDir } = legacyProject('app');
  const bd = async (...args: string[]) => {
    const result = await workspace.bd(args, { cwd: dir });
    return { ...result, all: result.stdout + result.stderr };
  };
  await bd('migrate', '--to-dolt');
  await bd('create', 'After the migration');
  const backup = join(beadsDir, 'backup/app');
  expect((await bd('backup', backup)).exitCode).toBe(0);
  const store = join(beadsDir, 'dolt');
  rmSync(store, { recursive: true });
  // Without a remote: the backup that has what the SQLite file lacks is named first.
  const missing = await bd('list');
  expect(missing.exitCode).toBe(1);
  expect(missing.stderr).toMatch(/bd restore \S+\/backup\/app .*as it was before it was migrated/s);
  expect((await bd('restore', backup)).all).toContain('Restored');
  await bd('dolt', 'remote', 'add', 'origin', `file://${join(workspace.home, 'remote')}`);
  expect((await bd('dolt', 'push')).exitCode).toBe(0);
  rmSync(store, { recursive: true });
  const list = await bd('list');
  expect(list.exitCode, list.all).toBe(0);
  expect(list.stdout).toContain('After the migration');
});

test('lock contention: to the server, with the data, and a backup while it runs', async () => {
  workspace = makeWorkspace({ GT_DOLT_PORT: String(await testPort()) });
  const dir = join(workspace.home, 'app');
  mkdirSync(dir);
  const bd = (...args: string[]) => workspace.bd(args, { cwd: dir });
  await bd('init');
  await bd('create', 'Made when embedded');

  expect((await workspace.gt(['dolt', 'start'])).exitCode).toBe(0);
  await bd('config', 'set', 'dolt.port', String(workspace.env['GT_DOLT_PORT']));
  const set = await bd('config', 'set', 'dolt.mode', 'server');
  expect(set.stdout).toContain('No data was moved');
  const list = await bd('list');
  expect(list.stderr).toContain('bd dolt move --to server');
  const moved = await bd('dolt', 'move', '--to', 'server');
  expect(moved.stdout).toContain('✓ Moved the database');
  expect((await bd('list')).stdout).toContain('Made when embedded');
  expect((await bd('vc', 'log')).exitCode).toBe(0);

  expect((await bd('backup')).stdout).toContain('✓ Backed up "app"');
  expect(existsSync(join(dir, '.beads', 'backup', 'app', 'backup.json'))).toBe(true);
  expect((await bd('dolt', 'move', '--to', 'embedded')).exitCode).toBe(0);
  await workspace.gt(['dolt', 'stop']);
  expect((await bd('list')).stdout).toContain('Made when embedded');
});
