// What `npm start` and `npm test` need on a fresh clone: dependencies, a build, a Dolt. Each step is
// skipped when there is nothing to do. Uses nothing that `npm ci` would have to bring first.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const programs = join(root, 'dist/bin');

export function ensureDependencies() {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (changed(installed) >= changed(join(root, 'package-lock.json'))) return;
  say('installing dependencies');
  run('npm', ['ci', '--no-audit', '--no-fund']);
}

export function ensureBuild() {
  const files = ['package.json', 'package-lock.json', 'tsconfig.json'];
  const sources = ['src', 'commands', 'scripts/build.mjs', 'scripts/lazy-modules.mjs', ...files];
  if (changed(join(programs, 'supervisor.cjs')) >= Math.max(...sources.flatMap(changes))) return;
  say('building');
  run(process.execPath, [join(root, 'scripts/build.mjs')]);
}

/** Path of a Dolt that may be used; installs one where there is none. */
export function ensureDolt() {
  const out = execFileSync(process.execPath, [join(programs, 'gt.cjs'), 'dolt', 'install', '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(out).path;
}

/** Path of another Node, from npm's package of it for this platform; installed once. */
export function ensureNode(version) {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const directory = join(cache, 'gastown-dolt', 'nodes', version);
  const name = `node-${process.platform}-${process.arch}`;
  const program = join(directory, 'node_modules', name, 'bin', 'node');
  if (!existsSync(program)) {
    mkdirSync(directory, { recursive: true });
    const args = ['install', '--prefix', directory, '--no-save', '--no-audit', '--no-fund', `${name}@${version}`];
    execFileSync('npm', args, { stdio: ['ignore', 2, 2] });
  }
  return program;
}

export function gt(args, options = {}) {
  return execFileSync(process.execPath, [join(programs, 'gt.cjs'), ...args], { stdio: 'inherit', ...options });
}

function say(text) {
  process.stderr.write(`==> ${text}\n`);
}

function run(command, args) {
  // What a step prints is for people; stdout belongs to the command that was typed.
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
}

function changes(path) {
  const absolute = join(root, path);
  if (!statSync(absolute).isDirectory()) return [changed(absolute)];
  return readdirSync(absolute, { recursive: true }).map((name) => changed(join(absolute, String(name))));
}

function changed(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}
