// `npm run bench`: sets up what it needs, measures, prints a table and writes it as JSON.
// Arguments: --only town|beads   --runs N   --out FILE
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBuild, ensureDependencies, ensureDolt, root } from './prepare.mjs';

ensureDependencies();
ensureBuild();
const dolt = ensureDolt();
const directory = mkdtempSync(join(tmpdir(), 'gt-bench-program-'));
// Ctrl-C is for the bench itself, which stops its servers first.
process.on('SIGINT', () => {});
try {
  const { build } = await import('esbuild');
  const program = join(directory, 'bench.cjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['test/bench/main.ts'],
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  const { status } = spawnSync(process.execPath, [program, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, GT_DOLT_BIN: dolt, GT_BENCH_PACKAGE: root },
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
