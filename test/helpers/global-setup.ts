import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/**
 * Builds dist/ when a source is newer, and makes the database that tests of towns copy. `npm test`
 * has made Dolt available, see scripts/test.mjs.
 */
export default function setup(): () => void {
  const dolt = process.env['GT_DOLT_BIN'];
  if (!dolt) throw new Error('GT_DOLT_BIN is not set: run the tests with `npm test`');
  const built = join(root, 'dist/bin/gt.cjs');
  const newest = Math.max(...['src', 'commands', 'scripts', 'package.json'].flatMap(changeTimes));
  if (!existsSync(built) || statSync(built).mtimeMs < newest) {
    execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
  }
  const template = mkdtempSync(join(tmpdir(), 'gt-template-'));
  process.env['GT_TEST_TEMPLATE'] = template;
  const doltRoot = join(template, '.root');
  execFileSync(dolt, ['init', '--name', 'test', '--email', 'test@local', '-b', 'main'], {
    cwd: template,
    env: { ...process.env, HOME: doltRoot, DOLT_ROOT_PATH: doltRoot },
    stdio: 'ignore',
  });
  rmSync(doltRoot, { recursive: true, force: true });
  return () => rmSync(template, { recursive: true, force: true });
}

function changeTimes(path: string): number[] {
  const absolute = join(root, path);
  if (!statSync(absolute).isDirectory()) return [statSync(absolute).mtimeMs];
  return readdirSync(absolute, { recursive: true, encoding: 'utf8' }).map(
    (name) => statSync(join(absolute, name)).mtimeMs,
  );
}
