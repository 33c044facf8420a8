import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, systemErrorCode } from '../errors.ts';
import { type DoltVersion, parseVersionOutput } from './version.ts';

/** What running `dolt version` told: the version, or why there is none. */
export type Probe = { readonly version: DoltVersion } | { readonly failure: string };

/** Generous, for the first run of a new program on a Mac or a cold disk. */
const TIMEOUT_MS = 30_000;

/**
 * Asks a program for its version, in an empty HOME of its own: Dolt writes to its HOME and asks the
 * network for newer releases even then, unless its configuration there says not to.
 *
 * @param path absolute path of the program
 * @example await probeVersion('/usr/local/bin/dolt')
 */
export async function probeVersion(path: string): Promise<Probe> {
  const home = mkdtempSync(join(tmpdir(), 'gt-dolt-version-'));
  try {
    mkdirSync(join(home, '.dolt'));
    writeFileSync(
      join(home, '.dolt', 'config_global.json'),
      JSON.stringify({ 'versioncheck.disabled': 'true', 'metrics.disabled': 'true' }),
    );
    return await run(path, home);
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  }
}

function run(path: string, home: string): Promise<Probe> {
  const env = { ...process.env, HOME: home, DOLT_ROOT_PATH: home, DOLT_DISABLE_EVENT_FLUSH: 'true' };
  return new Promise((resolve) => {
    execFile(path, ['version'], { cwd: home, env, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' }, (error, out, err) => {
      const version = parseVersionOutput(out);
      if (version) resolve({ version });
      else if (error?.killed) resolve({ failure: `does not answer \`dolt version\` within ${TIMEOUT_MS / 1_000} s` });
      else if (error) resolve({ failure: failureOf(error, err) });
      else resolve({ failure: `is not Dolt: \`${path} version\` printed ${quoted(out) || 'nothing'}` });
    });
  });
}

function failureOf(error: Error, stderr: string): string {
  const code = systemErrorCode(error);
  if (code === 'ENOEXEC' || code === 'EACCES') return `cannot be executed on this machine (${code})`;
  // A script whose interpreter is missing gives ENOENT too, though the script itself is there.
  if (code === 'ENOENT') return 'cannot be executed: its interpreter or loader is missing';
  if (code) return `cannot be executed: ${messageOf(error)}`;
  return `fails at \`dolt version\`: ${quoted(stderr) || messageOf(error).split('\n')[0]}`;
}

function quoted(output: string): string {
  const line = output.trim().split('\n')[0]?.slice(0, 200) ?? '';
  return line === '' ? '' : `"${line}"`;
}
