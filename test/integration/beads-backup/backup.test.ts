import {
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BareServer } from '../../helpers/bare-server.ts';
import { eventually } from '../../helpers/eventually.ts';
import { killAt } from '../../helpers/kill-at.ts';
import { canMount } from '../../helpers/mounted.ts';
import { makeServerWorkspace } from '../../helpers/server-workspace.ts';
import { bdOnTerminal, hasTerminal } from '../../helpers/terminal.ts';
import { json, type Workspace } from '../../helpers/workspace.ts';
import { askDirectory, type Mode, makeProject, type Project } from './stores.ts';

let workspace: Workspace;
let server: BareServer;

beforeAll(async () => {
  const made = await makeServerWorkspace();
  ({ workspace, server } = made);
  return made.dispose;
});

const HASHES =
  "SELECT DOLT_HASHOF_DB('WORKING') AS working, DOLT_HASHOF_DB('STAGED') AS staged, HASHOF('HEAD') AS head";

describe.each<Mode>(['embedded', 'server'])('%s', (mode) => {
  async function filled(): Promise<{ project: Project; backup: string }> {
    const project = await makeProject(workspace, mode, server);
    await project.create('One');
    await project.create('Two');
    return { project, backup: join(workspace.home, `backup-of-${project.database}`) };
  }

  test('what is restored is what was there: history, branches, tags, remotes, uncommitted rows', async () => {
    const { project, backup } = await filled();
    const { database } = project;
    await project.ask(
      "CALL DOLT_COMMIT('-Am', 'all', '--allow-empty')",
      "CALL DOLT_BRANCH('side')",
      "CALL DOLT_TAG('v1')",
      "CALL DOLT_REMOTE('add', 'origin', 'file:///nowhere/hm')",
      `USE \`${database}/side\``,
      "UPDATE issues SET title = 'One on the side' WHERE title = 'One'",
    );
    await project.bd('--dolt-auto-commit', 'off', 'create', 'Not committed');
    const before = await stateOf(project);
    const made = await project.bd('backup', backup, '--json');
    expect(made.exitCode).toBe(0);
    expect(json(made)).toMatchObject({
      database,
      directory: backup,
      branch: 'main',
      branches: [{ name: 'main' }, { name: 'side' }],
      tables: { issues: 3 },
    });
    await project.create('Later');
    await project.bd('delete', String((await idOf(project, 'Two')) ?? ''), '--force');
    const restored = await project.bd('restore', backup, '--confirm', database, '--json');
    expect(restored.stderr).not.toContain('Error');
    expect(restored.exitCode).toBe(0);
    expect(await stateOf(project)).toEqual(before);
    expect(await project.titles()).toEqual(['Not committed', 'One', 'Two']);
    const kept = String(json(restored)['kept']);
    expect(existsSync(kept)).toBe(true);
    const back = mode === 'server' ? kept : undefined;
    if (back) {
      expect((await project.bd('restore', back, '--confirm', database)).exitCode).toBe(0);
      expect(await project.titles()).toEqual(['Later', 'Not committed', 'One']);
    } else {
      const rows = await askDirectory(join(kept, '..'), database, ['SELECT title FROM issues ORDER BY title']);
      expect(rows.map(({ title }) => title)).toEqual(['Later', 'Not committed', 'One']);
    }
  });

  test('a database that is there is replaced only when its name is typed', async () => {
    const { project, backup } = await filled();
    await project.bd('backup', backup);
    await project.create('Three');
    const before = await project.ask(HASHES);
    for (const args of [[], ['--confirm', 'other'], ['--confirm', '']]) {
      const refused = await project.bd('restore', backup, ...args, '--json');
      expect(refused.exitCode).toBe(1);
      expect(json(refused)).toMatchObject({
        code: 'VALIDATION',
        hint: expect.stringContaining(`--confirm ${project.database}`),
      });
    }
    expect(await project.ask(HASHES)).toEqual(before);
    expect(existsSync(join(project.dir, '.beads', 'backup'))).toBe(false);
  });

  test('a database that is gone comes back without a question', async () => {
    const { project, backup } = await filled();
    await project.bd('backup', backup);
    if (mode === 'embedded') rmSync(join(project.dir, '.beads', 'dolt'), { recursive: true });
    else await project.ask('USE information_schema', `DROP DATABASE ${project.database}`);
    const restored = await project.bd('restore', backup, '--json');
    expect(restored.exitCode).toBe(0);
    expect(json(restored)).not.toHaveProperty('kept');
    expect(await project.titles()).toEqual(['One', 'Two']);
  });

  test('a damaged backup, none, or another project’s changes nothing', async () => {
    const { project, backup } = await filled();
    await project.bd('backup', backup);
    const before = await project.ask(HASHES);
    const damaged = `${backup}-damaged`;
    cpSync(backup, damaged, { recursive: true });
    const chunks = readdirSync(join(damaged, 'dolt')).find((name) => /^[0-9a-v]{32}/.test(name)) ?? '';
    const path = join(damaged, 'dolt', chunks);
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(400, 0x5a), 0, 400, Math.floor(readFileSync(path).length / 3));
    const other = await filled();
    await other.project.bd('backup', other.backup);
    const cases = [
      [damaged, 'IO_ERROR'],
      [join(workspace.home, 'nothing'), 'NOT_FOUND'],
      [other.backup, 'IDENTITY_MISMATCH'],
    ];
    for (const [directory = '', code] of cases) {
      const refused = await project.bd('restore', directory, '--confirm', project.database, '--json');
      expect([directory, json(refused)['code'], refused.exitCode]).toEqual([directory, code, 1]);
    }
    expect(await project.ask(HASHES)).toEqual(before);
    const mixed = await project.bd('backup', other.backup, '--json');
    expect(json(mixed)).toMatchObject({ code: 'IDENTITY_MISMATCH' });
    const files = join(workspace.home, `files-${mode}`);
    mkdirSync(files);
    writeFileSync(join(files, 'mine.txt'), 'mine');
    expect(json(await project.bd('backup', files, '--json'))).toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(readdirSync(files)).toEqual(['mine.txt']);
  });

  test('a backup while others write holds whole writes', async () => {
    const { project, backup } = await filled();
    let writing = true;
    const writers = [0, 1].map(async (writer) => {
      for (let number = 0; writing; number += 1) await project.create(`By ${writer}, number ${number}`);
    });
    try {
      for (let run = 0; run < 3; run += 1) {
        const made = await project.bd('backup', backup, '--json');
        expect(made.stdout).toContain('"made_at"');
      }
    } finally {
      writing = false;
      await Promise.all(writers);
    }
    expect((await project.bd('restore', backup, '--confirm', project.database)).exitCode).toBe(0);
    const [row] = await project.ask(
      "SELECT (SELECT COUNT(*) FROM issues) AS issues, (SELECT COUNT(DISTINCT issue_id) FROM events WHERE event_type = 'created') AS created",
    );
    expect(row?.['issues']).toBeGreaterThanOrEqual(2);
    expect(row?.['created']).toBe(row?.['issues']);
  });

  test('killed at any step, a backup leaves the database alone, and another run completes it', async () => {
    const { project, backup } = await filled();
    const steps: (RegExp | number)[] = [120, 250, /Backing up/, /Verifying/];
    for (const [index, step] of steps.entries()) {
      await killAt(workspace, 'bd', ['backup', backup], step, { cwd: project.dir, afterMs: index % 2 ? 20 : 0 });
      await project.create(`After ${index}`);
    }
    const made = await project.bd('backup', backup, '--json');
    expect(made.stderr).not.toContain('Error');
    expect(made.exitCode).toBe(0);
    expect(readdirSync(backup).filter((name) => name.startsWith('.check'))).toEqual([]);
    const titles = await project.titles();
    expect(titles).toHaveLength(2 + steps.length);
    expect((await project.bd('restore', backup, '--confirm', project.database)).exitCode).toBe(0);
    expect(await project.titles()).toEqual(titles);
  });

  test('killed at any step, a restore leaves the old or the new, and another run completes it', async () => {
    const { project, backup } = await filled();
    await project.bd('backup', backup);
    await project.create('Three');
    const steps: (RegExp | number)[] = [120, /Reading/, /Verifying/, mode === 'server' ? /Restoring/ : 900, 1100];
    for (const step of steps) {
      await killAt(workspace, 'bd', ['restore', backup, '--confirm', project.database], step, { cwd: project.dir });
      // On a server the call that replaces it goes on without us for a moment.
      const titles = await eventually('the database', () => project.titles().catch(() => undefined));
      expect([
        ['One', 'Two'],
        ['One', 'Three', 'Two'],
      ]).toContainEqual(titles);
    }
    const done = await project.bd('restore', backup, '--confirm', project.database);
    expect(done.stderr).not.toContain('Error');
    expect(await project.titles()).toEqual(['One', 'Two']);
    const left = readdirSync(join(project.dir, '.beads', mode === 'embedded' ? 'dolt' : 'backup'));
    expect(left.filter((name) => /^\.(new|ready)-/.test(name))).toEqual([]);
  });
});

test('a database on a server that is in the middle of a merge is replaced all the same, tables of others too', async () => {
  const project = await makeProject(workspace, 'server', server);
  const backup = join(workspace.home, 'before-the-merge');
  const id = await project.create('One');
  await project.ask("CALL DOLT_COMMIT('-Am', 'one', '--allow-empty')");
  await project.bd('backup', backup);
  const before = await project.ask(HASHES);
  await project.ask(
    "CALL DOLT_BRANCH('theirs')",
    'CREATE TABLE somebodys (a INT PRIMARY KEY)',
    `UPDATE issues SET title = 'Ours' WHERE id = '${id}'`,
    "CALL DOLT_COMMIT('-am', 'ours')",
    `USE \`${project.database}/theirs\``,
    `UPDATE issues SET title = 'Theirs' WHERE id = '${id}'`,
    "CALL DOLT_COMMIT('-am', 'theirs')",
    `USE \`${project.database}\``,
    'SET @@dolt_allow_commit_conflicts = 1',
    "CALL DOLT_MERGE('theirs')",
  );
  const restored = await project.bd('restore', backup, '--confirm', project.database, '--json');
  expect(restored.exitCode, restored.stdout).toBe(0);
  expect(await project.ask(HASHES)).toEqual(before);
  expect(await project.ask('SELECT name FROM dolt_branches')).toEqual([{ name: 'main' }]);
  expect(await project.ask('SELECT * FROM dolt_status')).toEqual([]);
  expect(await project.titles()).toEqual(['One']);
});

test.skipIf(!hasTerminal)('on a terminal the name is asked for: another one changes nothing', async () => {
  const project = await makeProject(workspace, 'embedded', server);
  const backup = join(workspace.home, 'asked-for');
  await project.create('One');
  await project.bd('backup', backup);
  await project.create('Two');
  const where = { cwd: project.dir, env: workspace.env };
  const no = await bdOnTerminal(['restore', backup], where, [[/Type its name/, 'yes']]);
  expect(no.exitCode, no.shown).not.toBe(0);
  expect(no.shown).toContain('nothing was changed');
  expect(await project.titles()).toEqual(['One', 'Two']);
  const done = await bdOnTerminal(['restore', backup], where, [[/Type its name/, project.database]]);
  expect(done.exitCode, done.shown).toBe(0);
  expect(await project.titles()).toEqual(['One']);
});

test('where nothing is left but the backup, the project is made anew; a failure leaves nothing', async () => {
  const project = await makeProject(workspace, 'embedded', server);
  await project.create('One');
  const backup = join(workspace.home, 'all-that-is-left');
  await project.bd('backup', backup);
  const dir = join(workspace.home, 'new-machine');
  mkdirSync(dir);
  const damaged = join(workspace.home, 'left-and-damaged');
  cpSync(backup, damaged, { recursive: true });
  rmSync(join(damaged, 'dolt', 'manifest'));
  for (const directory of [damaged, join(workspace.home, 'none')]) {
    expect(json(await workspace.bd(['restore', directory, '--json'], { cwd: dir }))).toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(readdirSync(dir)).toEqual([]);
  }
  const restored = await workspace.bd(['restore', backup, '--json'], { cwd: dir });
  expect(restored.exitCode, restored.stdout).toBe(0);
  const listed = json<{ title: string }[]>(await workspace.bd(['list', '--json'], { cwd: dir }));
  expect(listed.map(({ title }) => title)).toEqual(['One']);
  const metadata = (at: string) => JSON.parse(readFileSync(join(at, '.beads', 'metadata.json'), 'utf8'));
  expect(metadata(dir).project_id).toBe(metadata(project.dir).project_id);
});

test.skipIf(!canMount)('a full disk is told, and nothing half is left', async () => {
  const project = await makeProject(workspace, 'embedded', server);
  await project.create('One');
  const backup = join(workspace.home, 'backup-with-room');
  await project.bd('backup', backup);
  const program = `'${process.execPath}' '${join(import.meta.dirname, '../../../dist/bin/bd.cjs')}'`;
  const inMount = (script: string) =>
    execa('unshare', ['-m', 'sh', '-c', `mount -t tmpfs -o size=40k tmpfs /mnt; ${script}`], {
      cwd: project.dir,
      env: workspace.env,
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
    });
  const full = await inMount(`${program} backup /mnt/b --json`);
  expect(JSON.parse(full.stdout)).toMatchObject({ code: 'DISK_FULL' });
  const restored = await inMount(`cd /mnt && ${program} restore '${backup}' --json; ls -A /mnt >&2`);
  expect(JSON.parse(restored.stdout)).toMatchObject({ code: 'DISK_FULL' });
  expect(restored.stderr).not.toContain('.beads');
  expect(await project.titles()).toEqual(['One']);
});

test('killed between its two renames, a restore is completed by the next command', async () => {
  const project = await makeProject(workspace, 'embedded', server);
  await project.create('One');
  const dolt = join(project.dir, '.beads', 'dolt');
  cpSync(join(dolt, project.database), join(dolt, `.ready-${project.database}`), { recursive: true });
  rmSync(join(dolt, project.database), { recursive: true });
  expect(await project.titles()).toEqual(['One']);
  expect(readdirSync(dolt).sort()).toEqual(['.lock.d', project.database]);
});

/** One after the other: an embedded database has room for one server at a time. */
async function stateOf({ ask, database }: Project) {
  return [
    await ask(HASHES),
    await ask(`USE \`${database}/side\``, HASHES),
    await ask('SELECT tag_name, tag_hash FROM dolt_tags'),
    await ask('SELECT name, url FROM dolt_remotes'),
    await ask('SELECT commit_hash, message FROM dolt_log'),
  ];
}

async function idOf(project: Project, title: string): Promise<string | undefined> {
  const result = await project.bd('list', '--json', '--limit', '0');
  return json<{ id: string; title: string }[]>(result).find((issue) => issue.title === title)?.id;
}
