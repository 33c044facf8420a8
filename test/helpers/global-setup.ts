import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** Builds dist/ when a source is newer. `npm test` has made Dolt available, see scripts/test.mjs. */
export default function setup(): void {
  if (!process.env['GT_DOLT_BIN']) throw new Error('GT_DOLT_BIN is not set: run the tests with `npm test`');
  const built = join(root, 'dist/bin/gt.cjs');
  const newest = Math.max(...['src', 'commands', 'scripts', 'package.json'].flatMap(changeTimes));
  if (!existsSync(built) || statSync(built).mtimeMs < newest) {
    execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
  }
}

function changeTimes(path: string): number[] {
  const absolute = join(root, path);
  if (!statSync(absolute).isDirectory()) return [statSync(absolute).mtimeMs];
  return readdirSync(absolute, { recursive: true, encoding: 'utf8' }).map(
    (name) => statSync(join(absolute, name)).mtimeMs,
  );
}
