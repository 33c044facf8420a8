import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
let directory: string;
let files: string[];

/** An application that has installed the package, from what would be published. */
beforeAll(async () => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'gt-package-')));
  const app = join(directory, 'app');
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
  // dist is what the other tests run: it is not built once more.
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', directory];
  const [packed] = JSON.parse((await execa('npm', pack, { cwd: root })).stdout);
  files = packed.files.map((file: { path: string }) => file.path);
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', join(directory, packed.filename)];
  await execa('npm', install, { cwd: app });
}, 300_000);

afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));

const run = (program: string, args: readonly string[], cwd: string) =>
  execa(program, args, {
    cwd,
    env: { PATH: process.env['PATH'], HOME: directory, GT_DOLT_BIN: process.env['GT_DOLT_BIN'] },
    extendEnv: false,
  });

test('holds what runs and what tells of it, and nothing that is made again', () => {
  for (const needed of ['dist/bin/bd.cjs', 'dist/gt-commands.json', 'dist/src/index.d.ts', 'docs/federation.md']) {
    expect(files).toContain(needed);
  }
  expect(files.filter((file) => /code-cache|tsbuildinfo|^(?:test|src|scripts)\//.test(file))).toEqual([]);
});

test('its programs and its library work where it is installed', async () => {
  const bin = join(directory, 'app/node_modules/.bin');
  const project = join(directory, 'project');
  mkdirSync(project);
  expect((await run(join(bin, 'gt'), ['--version'], project)).stdout).toMatch(/^gt version \d/);
  expect((await run(join(bin, 'gt'), ['dolt', '--help'], project)).stdout).toContain('standby');
  await run(join(bin, 'bd'), ['init', '--prefix', 'pk'], project);
  const created = await run(join(bin, 'bd'), ['q', 'By the program'], project);
  writeFileSync(
    join(directory, 'app/list.js'),
    `import { openBeads } from 'gastown-dolt';
     const beads = await openBeads({ dir: ${JSON.stringify(project)} });
     const { issues } = await beads.list();
     console.log(issues.map(({ id }) => id).join());
     await beads.end();`,
  );
  expect((await run(process.execPath, ['list.js'], join(directory, 'app'))).stdout).toBe(created.stdout);
});
