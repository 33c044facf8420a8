// `npm run bench`: sets up what it needs, measures, prints a table and writes it as JSON.
// Arguments: --only town|commands|beads|disk|scale|federation   --runs N   --out FILE
//            --compare FILE: an earlier --out, to tell which ratios are worse by a fifth
import { spawnSync } from 'node:child_process';
import { delimiter } from 'node:path';
import { ensureBuild, ensureDependencies, ensureDolt, ensureNode, root } from './prepare.mjs';
import { bundleAndRun } from './run-bundled.mjs';

ensureDependencies();
ensureBuild();
const dolt = ensureDolt();
const nodes = ['22', '24'].map(ensureNode);
// Ctrl-C and kill are for the bench itself, which stops its servers first.
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => {});
process.exitCode = await bundleAndRun('test/bench/main.ts', (program) =>
  spawnSync(process.execPath, [program, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, GT_DOLT_BIN: dolt, GT_BENCH_PACKAGE: root, GT_BENCH_NODES: nodes.join(delimiter) },
  }),
);
