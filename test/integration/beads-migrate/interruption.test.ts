import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { LOCAL_TABLES } from '../../../src/beads/schema/local-tables.ts';
import type { BareServer } from '../../helpers/bare-server.ts';
import { killAt } from '../../helpers/kill-at.ts';
import { legacyDatabase } from '../../helpers/legacy-sqlite.ts';
import { testPort } from '../../helpers/ports.ts';
import { makeServerWorkspace } from '../../helpers/server-workspace.ts';
import { bdOnTerminal, hasTerminal } from '../../helpers/terminal.ts';
import { json, type Workspace } from '../../helpers/workspace.ts';
import { fingerprint, fingerprintOf, type LegacyProject, legacyProject } from './legacy-project.ts';
import { askServer } from './oracle.ts';

let workspace: Workspace;
let server: BareServer;

beforeAll(async () => {
  const made = await makeServerWorkspace();
  ({ workspace, server } = made);
  return made.dispose;
});

const ISSUES = 3000;

function usesDolt({ beadsDir }: LegacyProject): boolean {
  return JSON.parse(readFileSync(join(beadsDir, 'metadata.json'), 'utf8')).backend === 'dolt';
}

describe.each(['embedded', 'server'])('into %s mode', (mode) => {
  const target = () => (mode === 'server' ? ['--server', '--server-port', String(server.port)] : []);

  test('killed at any step, SQLite is as it was, and another run completes', async () => {
    const project = legacyProject(workspace, ISSUES);
    const before = fingerprintOf(project.source);
    const run = async (step: RegExp | number, how: { exactly?: boolean; afterMs?: number }) => {
      const ended = await killAt(workspace, 'bd', ['migrate', '--to-dolt', ...target()], step, {
        cwd: project.dir,
        ...how,
      });
      expect(fingerprintOf(project.source)).toBe(before);
      const told = await project.bd('migrate', '--json');
      expect(json(told)['backend']).toBe(usesDolt(project) ? 'dolt' : 'sqlite');
      return ended;
    };
    for (const step of [/Reading/, /Backup:/, /Importing/, /Comparing/, /Switching/]) {
      expect([step, (await run(step, { exactly: true })).killed]).toEqual([step, true]);
    }
    // Anywhere, and perhaps not before its end.
    for (const step of [120, 300, /Reading/, 700, /Importing/, /Comparing/]) await run(step, { afterMs: 60 });
    const done = await project.migrate(...target());
    expect(done.exitCode, done.stdout).toBe(0);
    expect(usesDolt(project)).toBe(true);
    expect(await project.titles()).toHaveLength(ISSUES);
    expect(fingerprintOf(project.source)).toBe(before);
    expect(readdirSync(project.beadsDir).filter((name) => name.startsWith('.migrate'))).toEqual([]);
    const backups = readdirSync(project.beadsDir).filter((name) => name.includes('backup-pre-dolt'));
    expect(backups).toHaveLength(1);
    if (mode === 'server') {
      const database = String(json(await project.bd('context', '--json'))['database']);
      const [labels] = await askServer(server.port, database, 'SELECT COUNT(*) AS n FROM labels');
      expect(Number(labels?.[0]?.['n'])).toBe(ISSUES);
    }
  });

  test('a run that only lacked the switch is resumed; SQLite that changed since is imported anew', async () => {
    const project = legacyProject(workspace, 20);
    const metadata = join(project.beadsDir, 'metadata.json');
    copyFileSync(metadata, `${metadata}.before`);
    await project.migrate(...target());
    copyFileSync(`${metadata}.before`, metadata);
    const resumed = await project.migrate(...target());
    expect(json(resumed)).toMatchObject({ action: 'migrate', resumed: true, issues: 20 });
    copyFileSync(`${metadata}.before`, metadata);
    const db = legacyDatabase(project.source);
    db.exec("UPDATE issues SET title = 'Changed since' WHERE title = 'Issue 7'");
    db.close();
    const anew = await project.migrate(...target());
    expect(json(anew)).toMatchObject({ action: 'migrate', resumed: false, issues: 20 });
    expect(await project.titles()).toContain('Changed since');
  });

  test('a database that holds anything else is refused and left as it is', async () => {
    const project = legacyProject(workspace, 5);
    const stranger = legacyProject(workspace, 3);
    await stranger.migrate(...target(), '--database', `taken_${mode}`);
    const before = await stranger.titles();
    if (mode === 'embedded') {
      mkdirSync(join(project.beadsDir, 'dolt'));
      cpSync(join(stranger.beadsDir, 'dolt', 'taken_embedded'), join(project.beadsDir, 'dolt', 'taken_embedded'), {
        recursive: true,
      });
    }
    const plan = await project.migrate(...target(), '--database', `taken_${mode}`, '--dry-run');
    expect(json(plan)['obstacle']).toContain(`taken_${mode}`);
    const refused = await project.migrate(...target(), '--database', `taken_${mode}`);
    expect(refused.exitCode).toBe(1);
    expect(['ALREADY_EXISTS', 'IDENTITY_MISMATCH']).toContain(json(refused)['code']);
    expect(await stranger.titles()).toEqual(before);
    expect(usesDolt(project)).toBe(false);
    // One of the same name whose project metadata.json contradicts.
    const metadata = join(project.beadsDir, 'metadata.json');
    const named = { ...JSON.parse(readFileSync(metadata, 'utf8')), project_id: '11111111-2222-4333-8444-555555555555' };
    writeFileSync(metadata, JSON.stringify(named));
    const mismatch = await project.migrate(...target(), '--database', `taken_${mode}`);
    expect(json(mismatch)).toMatchObject({ code: 'IDENTITY_MISMATCH' });
  });
});

test('a database whose local tables are not there yet is filled, and written to', async () => {
  const project = legacyProject(workspace, 5);
  const database = 'killed_after_the_commit';
  const dropped = async () => {
    const names = LOCAL_TABLES.map(({ name }) => name).join(', ');
    await askServer(server.port, database, `DROP TABLE IF EXISTS ${names}`);
  };
  // What the first step of the migration makes: a schema that is committed.
  const other = join(workspace.home, 'first-step');
  mkdirSync(other);
  const target = ['--server', '--server-port', String(server.port), '--database', database];
  const name = project.dir.slice(project.dir.lastIndexOf('/') + 1);
  const made = await workspace.bd(['init', ...target, '--prefix', name, '--skip-agents'], { cwd: other });
  expect(made.exitCode, made.stderr).toBe(0);
  await dropped();
  const done = await project.migrate(...target);
  expect(done.exitCode, done.stdout).toBe(0);
  await dropped();
  const created = json(await project.bd('create', 'After a push', '--json'));
  for (const args of [
    ['update', String(created['id']), '--notes', 'x'],
    ['label', 'add', String(created['id']), 'ui'],
    ['comment', String(created['id']), 'said'],
    ['create', 'A message', '--ephemeral'],
    ['close', String(created['id'])],
  ]) {
    await dropped();
    const written = await project.bd(...args);
    expect(written.exitCode, `${args.join(' ')}: ${written.stderr}`).toBe(0);
  }
  expect(await project.titles()).toHaveLength(5);
});

test('two runs at once: one migrates, the other finds it done', async () => {
  const project = legacyProject(workspace, 200);
  const runs = await Promise.all([project.migrate(), project.migrate()]);
  expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(runs.map((run) => json(run)['action']).sort()).toEqual(['migrate', 'none']);
  expect(await project.titles()).toHaveLength(200);
});

test('a dry run changes nothing, in no mode', async () => {
  const project = legacyProject(workspace, 50);
  const before = fingerprint(project.dir);
  const databases = await askServer(server.port, 'information_schema', 'SHOW DATABASES');
  for (const args of [[], ['--server', '--server-port', String(server.port)], ['--server', '--server-port', '1']]) {
    const plan = await project.migrate('--dry-run', ...args);
    const blocked = args.at(-1) === '1';
    expect(plan.exitCode, plan.stdout).toBe(blocked ? 1 : 0);
    expect(json(plan)).toMatchObject({ action: 'plan', dry_run: true, issues: 50 });
    expect(String(json(plan)['obstacle']).includes('unreachable')).toBe(blocked);
    expect(fingerprint(project.dir)).toEqual(before);
  }
  expect(await askServer(server.port, 'information_schema', 'SHOW DATABASES')).toEqual(databases);
  expect(readdirSync(join(workspace.home, 'tmp')).filter((name) => name.startsWith('.migrate'))).toEqual([]);
});

test.each(['embedded', 'server', 'server that does not run', 'server with a bare database'])(
  'until then the other commands name the way, and make nothing: %s',
  async (mode) => {
    const project = legacyProject(workspace, 3);
    const port = mode === 'server that does not run' ? 1 : server.port;
    const database = mode.includes('bare') ? 'bare' : 'unmade';
    if (mode !== 'embedded') {
      await project.bd('config', 'set', 'dolt.mode', 'server');
      await project.bd('config', 'set', 'dolt.port', String(port));
      await project.bd('config', 'set', 'dolt.database', database);
    }
    if (mode === 'server with a bare database') {
      await askServer(server.port, 'information_schema', `CREATE DATABASE ${database}`);
    }
    for (const args of [['list'], ['create', 'x'], ['ready']]) {
      const refused = await project.bd(...args, '--json');
      expect(refused.exitCode).toBe(1);
      expect(json(refused)['hint']).toContain('bd migrate --to-dolt');
      expect(json(refused)['hint']).not.toContain('bd init');
    }
    const doctor = await project.bd('doctor', '--json');
    expect(doctor.exitCode).toBe(1);
    expect(json<{ checks: object[] }>(doctor).checks).toContainEqual(
      expect.objectContaining({ name: 'SQLite', status: 'error', fix: 'bd migrate --to-dolt' }),
    );
    if (mode === 'server that does not run') return;
    const done = await project.migrate();
    expect(done.exitCode, done.stdout).toBe(0);
    expect(json<{ checks: object[] }>(await project.bd('doctor', '--json')).checks).toContainEqual(
      expect.objectContaining({ name: 'SQLite', status: 'ok' }),
    );
  },
);

describe('--cleanup', () => {
  test('removes SQLite and keeps backups, only with --yes where nobody can be asked', async () => {
    const project = legacyProject(workspace, 10);
    writeFileSync(join(project.beadsDir, 'beads.backup-of-mine.db'), 'mine');
    expect(json(await project.bd('migrate', '--cleanup', '--yes', '--json'))).toMatchObject({
      code: 'NOT_INITIALIZED',
    });
    await project.migrate();
    const asked = await project.bd('migrate', '--to-dolt', '--cleanup', '--json');
    expect(json(asked)).toMatchObject({ code: 'VALIDATION', hint: expect.stringContaining('--yes') });
    expect(existsSync(project.source)).toBe(true);
    // Work in Dolt after the migration is no reason to keep SQLite.
    await project.bd('create', 'New in Dolt');
    const cleaned = await project.bd('migrate', '--to-dolt', '--cleanup', '--yes', '--json');
    expect(json(cleaned)).toMatchObject({ removed: [project.source] });
    const left = readdirSync(project.beadsDir).filter((name) => name.endsWith('.db'));
    expect(left).toEqual([
      'beads.backup-of-mine.db',
      expect.stringMatching(/^beads\.backup-pre-dolt-\d{8}-\d{6}\.db$/),
    ]);
    expect(await project.titles()).toHaveLength(11);
    const again = await project.bd('migrate', '--to-dolt', '--cleanup', '--yes', '--json');
    expect(again.exitCode).toBe(0);
    expect(json(again)).toMatchObject({ removed: [] });
  });

  test('finds the database where the town serves it now', async () => {
    const project = legacyProject(workspace, 5);
    await project.migrate('--server', '--server-port', String(server.port));
    const path = join(project.beadsDir, 'metadata.json');
    const metadata = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...metadata, dolt_server_port: await testPort() }));
    mkdirSync(workspace.dataDir, { mode: 0o700 });
    const database = String(metadata.dolt_database);
    writeFileSync(join(workspace.dataDir, 'gt.yaml'), `rigs:\n  ${database}: { port: ${server.port} }\n`);
    try {
      expect(json(await project.bd('migrate', '--json'))).toMatchObject({ backend: 'dolt' });
      const cleaned = await project.bd('migrate', '--cleanup', '--yes', '--json');
      expect(json(cleaned)).toMatchObject({ removed: [project.source] });
    } finally {
      rmSync(workspace.dataDir, { recursive: true });
    }
  });

  test.skipIf(!hasTerminal)('asks on a terminal, and a no changes nothing', async () => {
    const project = legacyProject(workspace, 3);
    await project.migrate();
    const where = { cwd: project.dir, env: workspace.env };
    const cleanup = ['migrate', '--to-dolt', '--cleanup'];
    const no = await bdOnTerminal(cleanup, where, [[/Remove .*beads\.db\?/, 'n']]);
    expect(no.exitCode, no.shown).not.toBe(0);
    expect(existsSync(project.source)).toBe(true);
    const yes = await bdOnTerminal(cleanup, where, [[/Remove .*beads\.db\?/, 'y']]);
    expect(yes.exitCode, yes.shown).toBe(0);
    expect(existsSync(project.source)).toBe(false);
    expect(await project.titles()).toHaveLength(3);
  });

  test('refuses when SQLite has what Dolt has not', async () => {
    const project = legacyProject(workspace, 10);
    await project.migrate();
    const db = legacyDatabase(project.source);
    db.exec("INSERT INTO labels VALUES ((SELECT MIN(id) FROM issues), 'later')");
    db.close();
    const refused = await project.bd('migrate', '--cleanup', '--yes', '--json');
    expect(json(refused)).toMatchObject({ code: 'CONFLICT', error: expect.stringContaining('labels') });
    expect(existsSync(project.source)).toBe(true);
  });

  test('killed, it can be run again', async () => {
    const project = legacyProject(workspace, 500);
    await project.migrate();
    for (const step of [150, /Comparing/, /Backup/]) {
      await killAt(workspace, 'bd', ['migrate', '--cleanup', '--yes'], step, { cwd: project.dir });
      expect(await project.titles()).toHaveLength(500);
    }
    const done = await project.bd('migrate', '--cleanup', '--yes', '--json');
    expect(done.exitCode, done.stdout).toBe(0);
    expect(existsSync(project.source)).toBe(false);
  });
});
