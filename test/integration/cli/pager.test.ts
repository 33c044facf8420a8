import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeWorkspace, type Workspace } from '../../helpers/workspace.ts';

const BD = join(import.meta.dirname, '../../../dist/bin/bd.cjs');
const ROWS = 12;
/** Marks each line that goes through it. */
const PAGER = "sed -e 's/^/PAGED /'";

let workspace: Workspace;

beforeAll(async () => {
  workspace = makeWorkspace();
  expect((await workspace.bd(['init', '--prefix', 'hm', '--quiet'])).exitCode).toBe(0);
  const lines = Array.from({ length: 20 }, (_, index) => `create task 2 Number ${index}`).join('\n');
  expect((await workspace.bd(['batch'], { input: lines })).exitCode).toBe(0);
});
afterAll(() => workspace.dispose());

// script(1) of util-linux gives a terminal; other systems have one with other flags.
describe.runIf(process.platform === 'linux')('on a terminal', () => {
  /** What `bd` shows on a terminal of 12 rows. */
  function onTerminal(args: string, env: NodeJS.ProcessEnv = {}): string {
    const command = `stty rows ${ROWS} cols 80 && '${process.execPath}' '${BD}' ${args}`;
    const { stdout, status } = spawnSync('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd: workspace.home,
      env: { ...workspace.env, TERM: 'xterm', PAGER, ...env },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(status).toBe(0);
    return stdout;
  }

  test.each(['list', 'ready', 'search Number', 'ready --plain'])('bd %s is paged when it is longer', (args) => {
    const paged = onTerminal(args);
    expect(paged.match(/^PAGED .*Number \d+/gm)).toHaveLength(20);
  });

  test('not when it fits, and not when it is switched off', () => {
    expect(onTerminal('list --limit 3')).not.toContain('PAGED');
    for (const shown of [
      onTerminal('list --no-pager'),
      onTerminal('ready', { BD_NO_PAGER: '1' }),
      onTerminal('list', { PAGER: '' }),
      onTerminal('list', { TERM: 'dumb' }),
    ]) {
      expect(shown).toContain('Number 19');
      expect(shown).not.toContain('PAGED');
    }
  });

  test('a pager that cannot be started is done without', () => {
    const shown = onTerminal('list', { PAGER: join(workspace.home, 'no-such-pager') });
    expect(shown).toContain('Number 19');
  });

  test('colours and symbols are for terminals, unless NO_COLOR says otherwise', async () => {
    expect(onTerminal('list --no-pager')).toContain('\u001b[');
    expect(onTerminal('list --no-pager', { NO_COLOR: '1' })).not.toContain('\u001b[');
    expect((await workspace.bd(['list'])).stdout).not.toContain('\u001b[');
  });

  test('JSON is never paged', () => {
    expect(onTerminal('ready --json')).not.toContain('PAGED');
  });
});
