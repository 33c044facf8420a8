// Builds dist/: the modules with their types (tsc), and one bundle per program (esbuild).
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const PROGRAMS = ['gt', 'bd', 'supervisor'];
// Packages written as ES modules ask where they are; in a CommonJS bundle nothing tells them.
const MODULE_URL = "const __moduleUrl = require('node:url').pathToFileURL(__filename).href;";
const quick = process.argv.includes('--bundles-only');

if (!quick) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  // `npm run typecheck` checks the types; here that would double the time.
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', root, '--noCheck'], {
    stdio: 'inherit',
  });
}

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  // A script that V8 takes from its code cache cannot import(): node's own modules are required.
  supported: { 'dynamic-import': false },
  // oclif asks for it only to run a plugin's TypeScript sources.
  external: ['typescript'],
  define: {
    'import.meta.dirname': '__dirname',
    'import.meta.url': '__moduleUrl',
    'import.meta.filename': '__filename',
    __PACKAGE_VERSION__: JSON.stringify(version),
  },
  logLevel: 'warning',
};

for (const name of PROGRAMS) {
  await build({
    ...common,
    entryPoints: [`src/bin/${name}.ts`],
    outfile: `dist/${name}.cjs`,
    banner: { js: MODULE_URL },
  });
}
for (const name of PROGRAMS) {
  const outfile = `dist/bin/${name}.cjs`;
  await build({
    ...common,
    entryPoints: ['src/bin/launch.ts'],
    outfile,
    banner: { js: '#!/usr/bin/env node' },
    define: { ...common.define, __PROGRAM__: JSON.stringify(name), __BUILD_ID__: JSON.stringify(buildId(name)) },
  });
  chmodSync(join(root, outfile), 0o755);
}

/** Names the code cache after the bundle's content: V8 itself compares the length only. */
function buildId(name) {
  const file = join(root, `dist/${name}.cjs`);
  statSync(file);
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12);
}
