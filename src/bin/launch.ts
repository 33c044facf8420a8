/**
 * Starts a bundle with V8's code cache, which saves about a third of the start-up. Node has a
 * compile cache of its own from 22.1; before that the cache is a file of ours next to the bundle,
 * written after a run (so that it holds the functions that a run needs), by temp and rename.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import nodeModule, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { constants, Script } from 'node:vm';

declare const __PROGRAM__: string;
declare const __BUILD_ID__: string;

const bundle = join(__dirname, '..', `${__PROGRAM__}.cjs`);
const require = createRequire(__filename);

// From Node 22.1; the types are those of Node 20, the oldest that we run on.
const { enableCompileCache } = nodeModule as { enableCompileCache?: (directory: string) => unknown };

if (enableCompileCache) {
  enableCompileCache(join(dirname(bundle), 'code-cache'));
  require(bundle);
} else {
  runWithCodeCache();
}

function runWithCodeCache(): void {
  const cacheFile = join(dirname(bundle), `${__PROGRAM__}.${__BUILD_ID__}.${process.version}.${process.arch}.cache`);
  const cachedData = readIfThere(cacheFile);
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(bundle, 'utf8')}\n})`;
  const script = new Script(source, {
    filename: bundle,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cachedData ? { cachedData } : {}),
  });
  const bundleModule = { exports: {} };
  script.runInThisContext()(bundleModule.exports, require, bundleModule, bundle, dirname(bundle));
  if (!cachedData || script.cachedDataRejected) process.once('exit', () => save(cacheFile, script));
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** A read-only installation has no cache: it starts a little slower and is otherwise the same. */
function save(path: string, script: Script): void {
  try {
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, script.createCachedData());
    renameSync(temporary, path);
  } catch {}
}
