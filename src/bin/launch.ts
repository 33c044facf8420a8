/**
 * Starts a program's bundle with V8's code cache, which saves a third of the start-up. Each command
 * has a cache of its own, written after its first run: it holds the functions that a run of this
 * command needs, compiled, and no others. docs/decisions/0060-start-up.md has the figures.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';
import { restoreExtraAuthorities } from '../util/extra-authorities.ts';

declare const __PROGRAM__: string;
/** Names of the program's commands, longest first. */
declare const __COMMANDS__: readonly string[];
/** Tells this very bundle from every other: V8 itself compares the length only. */
declare const __BUILD_ID__: string;

/** The code cache of all that has no cache of its own yet: help, errors, commands that failed. */
const ANY = 'any';
/** A run that takes longer writes its cache while it runs: V8 soon forgets functions that are not used. */
const LONG_RUN_MS = 5_000;
/** How long the caches of another build are kept after they were written: who uses both makes them again. */
const KEPT_MS = 7 * 24 * 3_600_000;

restoreExtraAuthorities(process.env);
const bundle = join(__dirname, '..', `${__PROGRAM__}.cjs`);
const command = commandOf(process.argv.slice(2));
const own = readCache(command);
const cachedData = own ?? readCache(ANY);
// The build writes a function in ASCII only, which is read without decoding.
const script = new Script(readFileSync(bundle, 'latin1'), {
  filename: bundle,
  ...(cachedData ? { cachedData } : {}),
});
const bundleModule = { exports: {} };
// What is not in the bundle is found from here as from there; a require of its own takes a millisecond.
script.runInThisContext()(bundleModule.exports, require, bundleModule, bundle, dirname(bundle));
const rejected = script.cachedDataRejected ?? false;
if (!own || rejected) {
  const soon = setTimeout(writeCache, LONG_RUN_MS, command).unref();
  process.once('exit', (code) => {
    clearTimeout(soon);
    if (code === 0) writeCache(command);
    // A run that failed did not get far: what it needed is too little for the next one that works.
    else if (!cachedData || rejected) writeCache(ANY);
  });
}

function commandOf(args: readonly string[]): string {
  const words = `${args.filter((word) => !word.startsWith('-')).join(' ')} `;
  return __COMMANDS__.find((name) => words.startsWith(`${name} `))?.replaceAll(' ', '-') ?? ANY;
}

/** Beside the bundle, or, where that may not be written (an installation by root), in the user's cache. */
function cacheFiles(name: string): string[] {
  const flags = `${process.execArgv.join()}${process.env['NODE_OPTIONS'] ?? ''}`;
  const options = flags === '' ? '' : `.${cachedDataVersionTag()}`;
  const file = `${__PROGRAM__}.${name}.${__BUILD_ID__}.${process.version}.${process.arch}${options}`;
  const beside = join(dirname(bundle), 'code-cache', file);
  try {
    const userCache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
    return [beside, join(userCache, 'gastown-dolt', 'code-cache', file)];
  } catch {
    // A user without a home, of whom the system knows no more than a number.
    return [beside];
  }
}

function readCache(name: string): Buffer | undefined {
  for (const file of cacheFiles(name)) {
    try {
      const whole = readFileSync(file);
      const half = whole.subarray(0, whole.length / 2);
      if (half.equals(whole.subarray(half.length))) return half;
    } catch {}
  }
  return undefined;
}

/**
 * The data is written twice: V8 looks at the first bytes only, and a program whose cache is damaged
 * behind them crashes, whenever it is started. To compare two halves costs a tenth of a millisecond,
 * a checksum (`zlib`) one to two.
 */
function writeCache(name: string): void {
  const data = script.createCachedData();
  const twice = Buffer.concat([data, data]);
  const written = cacheFiles(name).find((file) => writeWhole(file, twice));
  if (written) removeOld(dirname(written), `${__PROGRAM__}.${name}.`);
}

/** The caches of builds that nobody has run for a while: each build has names of its own. */
function removeOld(directory: string, beginning: string): void {
  try {
    for (const name of readdirSync(directory)) {
      const old = name.startsWith(beginning) && !name.includes(`.${__BUILD_ID__}.`);
      const file = join(directory, name);
      if (old && Date.now() - statSync(file).mtimeMs > KEPT_MS) rmSync(file, { force: true });
    }
  } catch {}
}

/** By temp and rename: a reader, or another writer, sees a whole cache or none. */
function writeWhole(file: string, data: Buffer): boolean {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(temporary, data);
    renameSync(temporary, file);
    return true;
  } catch {
    try {
      rmSync(temporary, { force: true });
    } catch {}
    return false;
  }
}
