// Writes the tables of the README that come from the code: `npm run docs`; `--check` only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuild, root } from './prepare.mjs';

ensureBuild();
const { ERROR_CODES } = await import('../dist/src/errors.js');
const path = join(root, 'README.md');
const before = readFileSync(path, 'utf8');

const rows = Object.entries(ERROR_CODES).map(([code, { exit, meaning }]) => `| \`${code}\` | ${exit} | ${meaning} |`);
const table = ['| code | exit code of `gt` | meaning |', '| --- | --- | --- |', ...rows].join('\n');
const after = before.replace(
  /(<!-- error codes -->\n)[\s\S]*?(<!-- end -->)/,
  (_, begin, end) => `${begin}${table}\n${end}`,
);

if (process.argv.includes('--check')) {
  if (after !== before) {
    process.stderr.write('README.md is behind the code: npm run docs\n');
    process.exit(1);
  }
} else {
  writeFileSync(path, after);
}
