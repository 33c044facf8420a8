// `npm run bench`: sets up what it needs, measures, prints a table and writes it as JSON.
// Arguments: --only town|beads|scale|federation   --runs N   --out FILE
import { spawnSync } from 'node:child_process';
import { ensureBuild, ensureDependencies, ensureDolt, root } from './prepare.mjs';
import { bundleAndRun } from './run-bundled.mjs';

ensureDependencies();
ensureBuild();
const dolt = ensureDolt();
// Ctrl-C is for the bench itself, which stops its servers first.
process.on('SIGINT', () => {});
process.exitCode = await bundleAndRun('test/bench/main.ts', (program) =>
  spawnSync(process.execPath, [program, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, GT_DOLT_BIN: dolt, GT_BENCH_PACKAGE: root },
  }),
);
