import { join } from 'node:path';
import { execa } from 'execa';
import { eventually } from './eventually.ts';
import type { TestTown } from './town.ts';

/** A `gt dolt` command that goes on while the test looks at it. */
export interface RunningCommand {
  /** Waits until it has printed something that matches, on stdout or stderr. */
  prints(pattern: RegExp, boundMs?: number): Promise<void>;
  signal(name: NodeJS.Signals): void;
  readonly pid: number;
  /** Waits for its end. */
  end(): Promise<{ exitCode: number | undefined; signal: string | undefined; stdout: string; stderr: string }>;
}

export function runCommand(town: TestTown, args: readonly string[], env: NodeJS.ProcessEnv = {}): RunningCommand {
  const gt = join(import.meta.dirname, '..', '..', 'dist/bin/gt.cjs');
  const child = execa(process.execPath, [gt, 'dolt', ...args], {
    cwd: town.home,
    env: { ...town.env, ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return {
    prints: async (pattern, boundMs) => {
      await eventually(`${pattern} of gt dolt ${args.join(' ')}`, () => pattern.test(output), boundMs).catch(
        (error) => {
          throw new Error(`${error}; it printed:\n${output}`);
        },
      );
    },
    signal: (name) => void child.kill(name),
    pid: child.pid ?? Number.NaN,
    async end() {
      const { exitCode, signal, stdout, stderr } = await child;
      return { exitCode, signal, stdout, stderr };
    },
  };
}
