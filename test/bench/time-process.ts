import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
}

/**
 * Runs a whole process and times it from outside: from its spawn until it has ended and its output
 * is read.
 *
 * @returns milliseconds
 * @throws Error with what it said when it does not exit with 0
 */
export async function timeProcess(program: string, args: readonly string[], options: RunOptions = {}): Promise<number> {
  const begun = performance.now();
  await run(program, args, options);
  return performance.now() - begun;
}

/** The most memory that a process had resident while it ran, in MB. From proc_pid_status(5), so on Linux only. */
export function peakMegabytes(program: string, args: readonly string[], options: RunOptions = {}): Promise<number> {
  return highest(program, args, options, { everyMs: 5, look: (pid) => statusMegabytes(pid, 'VmHWM') });
}

/** The most memory that a process and those it started had resident together, in MB. On Linux only. */
export function peakMegabytesOfTree(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<number> {
  return highest(program, args, options, { everyMs: 20, look: residentMegabytes });
}

async function highest(
  program: string,
  args: readonly string[],
  options: RunOptions,
  { everyMs, look }: { everyMs: number; look: (pid: number) => number },
): Promise<number> {
  let peak = 0;
  let timer: NodeJS.Timeout | undefined;
  await run(program, args, options, (pid) => {
    timer = setInterval(() => {
      peak = Math.max(peak, look(pid));
    }, everyMs);
  }).finally(() => clearInterval(timer));
  return peak;
}

function statusMegabytes(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readIfThere(`/proc/${pid}/status`))?.[1];
  return Number(kilobytes ?? 0) / 1024;
}

function residentMegabytes(pid: number): number {
  const children = readIfThere(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + residentMegabytes(Number(child)), statusMegabytes(pid, 'VmRSS'));
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** What a process printed on stdout; throws when it does not exit with 0. */
export function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
  onSpawn: (pid: number) => void = () => undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const { input, cwd, env = process.env } = options;
    const child = spawn(program, args, { env, ...(cwd ? { cwd } : {}), stdio: ['pipe', 'pipe', 'pipe'] });
    if (child.pid) onSpawn(child.pid);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(out).toString());
      else reject(new Error(`${program} ${args.join(' ')} ended with ${signal ?? code}: ${Buffer.concat(err)}`));
    });
    child.stdin.end(input);
  });
}

/**
 * What all programs of the bench find in their environment: where programs are, and what Node itself
 * reads. NODE_EXTRA_CA_CERTS alone, which many machines set, costs Node 20 some 45 ms at each start.
 */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => name === 'PATH' || NODE.test(name)));
}

const NODE = /^NODE_(?:EXTRA_CA_CERTS|OPTIONS)$/;

/** Where our programs, which are run as they are typed, find that Node. */
export function withNode(node: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, PATH: `${dirname(node)}${delimiter}${env['PATH'] ?? ''}` };
}

/** An empty Node, in the environment of what it is held against: what every program on Node costs at least. */
export function timeNode(node = process.execPath, changes: NodeJS.ProcessEnv = {}): Promise<number> {
  return timeProcess(node, ['-e', '0'], { env: { ...plainEnvironment(), ...changes } });
}
