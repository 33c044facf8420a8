import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setInterval } from 'node:timers';
import { AppError } from '../errors.ts';
import { fileError } from '../util/atomic-write.ts';
import { formatDuration } from '../util/duration.ts';
import { cancelled } from './download.ts';
import { type GoToolchain, requireGo } from './go-toolchain.ts';

export interface SourceBuildOptions {
  /** An existing, empty directory to build in. */
  directory: string;
  /** Root of this package, which holds templates/dolt with the pins. */
  packageRoot: string;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
  onProgress?: ((line: string) => void) | undefined;
}

/** Two cores need three to six minutes; this bounds a build that hangs. */
const TIMEOUT_MS = 60 * 60_000;
const HEARTBEAT_MS = 10_000;
const KILL_AFTER_MS = 5_000;

const PACKAGE = 'github.com/dolthub/dolt/go/cmd/dolt';
/** The tag takes the regular expressions that need no ICU library. */
const FLAGS = ['-mod=readonly', '-trimpath', '-ldflags', '-s -w', '-tags', 'gms_pure_go'];

/**
 * Builds the Dolt that templates/dolt pins, with the Go and the C compiler of the machine. Go checks
 * every module against the sums in go.sum.
 *
 * @returns path of the program, inside `directory`
 * @throws AppError INSTALL_FAILED, CANCELLED, DISK_FULL, IO_ERROR
 * @example await buildFromSource({ directory, packageRoot, env: process.env });
 */
export async function buildFromSource(options: SourceBuildOptions): Promise<string> {
  const go = await requireGo(options);
  const moduleDir = join(options.directory, 'module');
  await copyPins(options.packageRoot, moduleDir);
  const program = join(options.directory, 'dolt');
  options.onProgress?.(`building Dolt from source with ${go.version}: three to six minutes on two cores`);
  await runBuild(go, moduleDir, program, options);
  return program;
}

async function copyPins(packageRoot: string, moduleDir: string): Promise<void> {
  try {
    await mkdir(moduleDir);
    for (const name of ['go.mod', 'go.sum']) {
      await copyFile(join(packageRoot, 'templates', 'dolt', name), join(moduleDir, name));
    }
  } catch (error) {
    throw fileError(error, 'cannot copy the pins of Dolt');
  }
}

async function runBuild(go: GoToolchain, cwd: string, program: string, options: SourceBuildOptions): Promise<void> {
  const { execa } = await import('execa');
  const { signal, onProgress } = options;
  const started = Date.now();
  // A group of its own: go leaves its compilers running when it alone is ended.
  const child = execa(go.program, ['build', '-v', ...FLAGS, '-o', program, PACKAGE], {
    cwd,
    env: go.env,
    extendEnv: false,
    detached: true,
    reject: false,
    stdin: 'ignore',
    stdout: 'ignore',
    buffer: false,
  });
  const end = (name: NodeJS.Signals) => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) endGroup(child.pid, name);
  };
  let late: 'cancelled' | 'timed out' | undefined;
  let force: NodeJS.Timeout | undefined;
  const giveUp = (why: 'cancelled' | 'timed out') => {
    late ??= why;
    end('SIGTERM');
    force ??= setTimeout(() => end('SIGKILL'), KILL_AFTER_MS);
  };
  const interrupt = () => giveUp('cancelled');
  signal?.addEventListener('abort', interrupt);
  const limit = setTimeout(() => giveUp('timed out'), TIMEOUT_MS);
  const counts = { modules: 0, packages: 0 };
  const heartbeat = setInterval(() => onProgress?.(stage(counts, Date.now() - started)), HEARTBEAT_MS);
  const errors: string[] = [];
  try {
    if (signal?.aborted) interrupt();
    for await (const line of child.iterable({ from: 'stderr' })) {
      if (line.startsWith('go: downloading ')) counts.modules += 1;
      else if (/^[a-z0-9.]+(\/[\w.~+-]+)*$/i.test(line)) counts.packages += 1;
      else if (errors.push(line) > 20) errors.shift();
    }
    const result = await child;
    if (late === 'cancelled') throw cancelled();
    if (late) throw failed(`go build did not end within ${formatDuration(TIMEOUT_MS)}`);
    if (result.failed) throw buildError(errors, result.shortMessage);
  } finally {
    signal?.removeEventListener('abort', interrupt);
    for (const timer of [limit, force]) clearTimeout(timer);
    clearInterval(heartbeat);
  }
}

function stage(counts: { modules: number; packages: number }, elapsedMs: number): string {
  const elapsed = formatDuration(elapsedMs);
  if (counts.packages > 0) return `compiling: ${counts.packages} packages so far, ${elapsed}`;
  return counts.modules > 0 ? `downloading: ${counts.modules} modules so far, ${elapsed}` : `building, ${elapsed}`;
}

function buildError(lines: readonly string[], otherwise: string | undefined): AppError {
  const said = lines.filter((line) => !line.startsWith('#')).slice(0, 3);
  if (lines.some((line) => /no space left on device/i.test(line))) {
    return new AppError('DISK_FULL', 'the source build failed: no space left on the device', {
      hint: 'free some space (the build needs about 4 GB, for Go’s caches too), then run the command again',
    });
  }
  return failed(`the source build failed: ${said.join('; ') || (otherwise ?? 'go build failed')}`);
}

function failed(message: string): AppError {
  return new AppError('INSTALL_FAILED', message);
}

/** The group is ours while its leader, our child, has not been reaped: its number cannot be another's. */
function endGroup(leader: number, name: NodeJS.Signals): void {
  try {
    process.kill(-leader, name);
  } catch {}
}
