// `npm run chaos`: random writers on five rigs while servers and the supervisor die; at the end
// every acknowledged write must be there once. Arguments: --minutes N   --seed S
import { spawnSync } from 'node:child_process';
import { ensureBuild, ensureDependencies, ensureDolt, root } from './prepare.mjs';
import { bundleAndRun } from './run-bundled.mjs';

ensureDependencies();
ensureBuild();
const dolt = ensureDolt();
// Ctrl-C is for the program itself, which stops its servers first.
process.on('SIGINT', () => {});
process.exitCode = await bundleAndRun('test/chaos/main.ts', (program) =>
  spawnSync(process.execPath, [program, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, GT_DOLT_BIN: dolt, GT_PACKAGE: root },
  }),
);
