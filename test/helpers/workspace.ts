import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type Options, type Result } from 'execa';

/** The package whose programs are run; a bundle cannot tell where it was made. */
const root = process.env['GT_PACKAGE'] ?? join(import.meta.dirname, '..', '..');

export type RunOptions = Pick<Options, 'cwd' | 'env' | 'input' | 'timeout'> & {
  /** Let permission bits hold for root too, as they do for everybody else. */
  obeyPermissions?: boolean;
};
export type RunResult = Result<{ encoding: 'utf8'; reject: false }>;

/** An empty HOME in a temporary directory, and the two programs run in it as a user would. */
export interface Workspace {
  readonly home: string;
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  gt(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  bd(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Stops every server of this workspace's town and removes the directory. */
  dispose(): Promise<void>;
}

export function makeWorkspace(extra: NodeJS.ProcessEnv = {}): Workspace {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'gt-test-')));
  const dataDir = join(home, '.dolt-data');
  const env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    HOME: home,
    TMPDIR: join(home, 'tmp'),
    GT_DOLT_BIN: process.env['GT_DOLT_BIN'],
    DOLT_DISABLE_EVENT_FLUSH: 'true',
    GIT_CONFIG_NOSYSTEM: '1',
    ...extra,
  };
  mkdirSync(join(home, 'tmp'));
  const run =
    (program: string) =>
    (args: readonly string[], { obeyPermissions = false, ...options }: RunOptions = {}) => {
      const [command = '', ...prefix] = [...(obeyPermissions ? withoutOverride() : []), process.execPath];
      return execa(command, [...prefix, join(root, `dist/bin/${program}.cjs`), ...args], {
        cwd: home,
        ...options,
        env: { ...env, ...options.env },
        extendEnv: false,
        reject: false,
        ...(options.input === undefined ? { stdin: 'ignore' } : {}),
      }) as Promise<RunResult>;
    };
  const gt = run('gt');
  return {
    home,
    dataDir,
    env,
    gt,
    bd: run('bd'),
    async dispose() {
      await gt(['dolt', 'stop', '--force', '--data-dir', dataDir]);
      rmSync(home, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Root passes over permission bits by a capability; setpriv(1) takes it away. */
function withoutOverride(): string[] {
  return process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : [];
}

/** The one JSON document that a command printed on stdout; fails when there is anything else. */
export function json<T = Record<string, unknown>>(result: RunResult): T {
  try {
    return JSON.parse(result.stdout) as T;
  } catch {
    throw new Error(`no JSON document on stdout: ${result.stdout}\nstderr: ${result.stderr}`);
  }
}
