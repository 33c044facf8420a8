import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Whether programs can be run on a terminal here: with script(1) of util-linux. */
export const hasTerminal = /util-linux/.test(spawnSync('script', ['--version']).stdout?.toString() ?? '');

const root = process.env['GT_PACKAGE'] ?? join(import.meta.dirname, '..', '..');

/**
 * Runs `bd` on a terminal, and types each answer when its question is there.
 *
 * @returns all that the terminal showed
 */
export async function bdOnTerminal(
  args: readonly string[],
  where: { cwd: string; env: NodeJS.ProcessEnv },
  answers: readonly (readonly [question: RegExp, answer: string])[],
): Promise<{ exitCode: number | null; shown: string }> {
  const command = [process.execPath, join(root, 'dist/bin/bd.cjs'), ...args];
  const line = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const env = { ...where.env, SHELL: '/bin/sh', TERM: 'dumb' };
  const child = spawn('script', ['-qefc', line, '/dev/null'], { cwd: where.cwd, env });
  const left = [...answers];
  let shown = '';
  let seen = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    const [next] = left;
    const found = next?.[0].exec(shown.slice(seen));
    if (!next || !found) return;
    seen = shown.length;
    left.shift();
    child.stdin.write(`${next[1]}\r`);
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, shown };
}
