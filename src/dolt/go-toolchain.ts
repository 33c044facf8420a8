import { AppError } from '../errors.ts';
import { cancelled } from './download.ts';

/** The Go that builds Dolt. */
export interface GoToolchain {
  readonly program: string;
  /** `go1.26.2` */
  readonly version: string;
  /** The environment for its commands. */
  readonly env: NodeJS.ProcessEnv;
}

/** As the `go` line of templates/dolt/go.mod has it. */
const NEEDED = [1, 26, 2] as const;
/** From here on Go fetches the version that a module asks for, unless GOTOOLCHAIN forbids it. */
const SWITCHES = [1, 21, 0] as const;
const TIMEOUT_MS = 60_000;

/**
 * Finds Go and a C compiler, and says what is missing before minutes are spent.
 *
 * @throws AppError INSTALL_FAILED, CANCELLED
 */
export async function requireGo(options: {
  directory: string;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
}): Promise<GoToolchain> {
  const { execa } = await import('execa');
  // CGO_ENABLED: Go turns it off by itself where it sees no compiler, and then fails less clearly.
  const env = { ...options.env, GOWORK: 'off', GO111MODULE: 'on', CGO_ENABLED: '1' };
  const run = (program: string, args: readonly string[]) =>
    execa(program, args, {
      cwd: options.directory,
      env,
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      timeout: TIMEOUT_MS,
      cancelSignal: options.signal,
    });
  const asked = await run('go', ['env', '-json', 'GOVERSION', 'GOTOOLCHAIN', 'CC']);
  if (options.signal?.aborted) throw cancelled();
  if (asked.code === 'ENOENT') throw failed('there is no Go on PATH to build it from source');
  if (asked.failed) throw failed(`Go does not work: ${asked.stderr.trim().split('\n')[0] || asked.shortMessage}`);
  const { GOVERSION = '', GOTOOLCHAIN = '', CC = '' }: Record<string, string> = JSON.parse(asked.stdout);
  const version = numbersOf(GOVERSION);
  const canSwitch = isAtLeast(version, SWITCHES) && /(^|\+)(auto|path)$/.test(GOTOOLCHAIN);
  if (!isAtLeast(version, NEEDED) && !canSwitch) {
    throw failed(`Go is too old: ${GOVERSION || 'of unknown version'}, and Dolt needs ${NEEDED.join('.')}`);
  }
  const compiler = CC.split(' ')[0] || 'cc';
  const compiled = await run(compiler, ['--version']);
  if (options.signal?.aborted) throw cancelled();
  if (compiled.failed) throw failed(`there is no C compiler (${compiler}), which the source build needs`);
  return { program: 'go', version: GOVERSION, env };
}

function numbersOf(version: string): number[] {
  return (/(\d+)\.(\d+)(?:\.(\d+))?/.exec(version) ?? []).slice(1).map((part) => Number(part ?? 0));
}

function isAtLeast(version: readonly number[], needed: readonly number[]): boolean {
  for (const [index, part] of needed.entries()) {
    const own = version[index] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}

function failed(message: string): AppError {
  return new AppError('INSTALL_FAILED', message);
}
