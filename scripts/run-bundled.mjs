import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './prepare.mjs';

/**
 * Bundles a program that is written in TypeScript, runs it, and removes the bundle.
 *
 * @param run is given the bundle's path, and returns what `spawnSync` does
 * @returns its exit code
 */
export async function bundleAndRun(entryPoint, run) {
  // In the package, so that what is left out of the bundle is found.
  const dist = join(root, 'dist');
  mkdirSync(dist, { recursive: true });
  const directory = mkdtempSync(join(dist, 'program-'));
  try {
    const { build } = await import('esbuild');
    const program = join(directory, 'program.cjs');
    await build({
      absWorkingDir: root,
      entryPoints: [entryPoint],
      outfile: program,
      bundle: true,
      platform: 'node',
      target: 'node20',
      // It looks for its WebAssembly beside its own file.
      external: ['node-sqlite3-wasm'],
      logLevel: 'warning',
      logOverride: { 'empty-import-meta': 'silent' },
    });
    return run(program).status ?? 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
