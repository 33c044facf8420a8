import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { killedByTest } from './leaks.ts';
import type { Workspace } from './workspace.ts';

export interface Killed {
  /** Whether it was killed; false when it had ended before. */
  readonly killed: boolean;
  /** What it had printed on both streams. */
  readonly output: string;
}

const fixture = join(import.meta.dirname, '..', 'fixtures', 'die-at.cjs');

/**
 * Runs `bd` or `gt` and sends SIGKILL when what it printed matches, or after a while.
 *
 * @param at a line of progress, or milliseconds since its start
 * @param afterMs to wait after that line
 * @param exactly dies at that very line, by its own hand: however slow we are it does not get any further
 */
export async function killAt(
  workspace: Workspace,
  program: 'bd' | 'gt',
  args: readonly string[],
  at: RegExp | number,
  options: { cwd: string; afterMs?: number; exactly?: boolean },
): Promise<Killed> {
  const path = join(import.meta.dirname, '..', '..', `dist/bin/${program}.cjs`);
  const child: ChildProcess = spawn(process.execPath, [path, ...args], {
    cwd: options.cwd,
    env: options.exactly ? { ...workspace.env, ...dieAt(at) } : workspace.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const exited = once(child, 'exit');
  const seen = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (at instanceof RegExp && at.test(output)) resolve();
      });
    }
  });
  await Promise.race([exited, at instanceof RegExp ? seen : delay(at)]);
  if (options.afterMs) await Promise.race([exited, delay(options.afterMs)]);
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await exited;
  const killed = child.signalCode === 'SIGKILL';
  if (killed && child.pid !== undefined) killedByTest(child.pid);
  return { killed, output };
}

function dieAt(line: RegExp | number): NodeJS.ProcessEnv {
  return { NODE_OPTIONS: `--require=${fixture}`, DIE_AT: line instanceof RegExp ? line.source : '' };
}
