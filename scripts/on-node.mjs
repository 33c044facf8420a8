// `node scripts/on-node.mjs 22 24`: runs tests that go through everything on other versions of Node, which
// npm has as packages too. The build is the one that is there: it must run on all of them.
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuild, ensureDolt, ensureNode, root } from './prepare.mjs';

const TESTS = ['test/unit', 'test/e2e/document.test.ts', 'test/integration/gt/start-stop.test.ts'];

ensureBuild();
const dolt = ensureDolt();
for (const version of process.argv.slice(2)) {
  const node = ensureNode(version);
  const found = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  process.stdout.write(`==> tests on Node ${found}\n`);
  const { status } = spawnSync(
    node,
    [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=dot', ...TESTS],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, GT_DOLT_BIN: dolt },
    },
  );
  if (status !== 0) process.exit(status ?? 1);
}
