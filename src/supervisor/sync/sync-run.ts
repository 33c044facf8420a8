import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { SyncConfig } from '../../town/sync-config.ts';
import { formatDuration } from '../../util/duration.ts';
import { withMovedAuthorities } from '../../util/extra-authorities.ts';
import { logLine } from '../log-line.ts';
import type { SyncOutcome } from './sync-record.ts';

export interface SyncRunOptions {
  readonly sync: SyncConfig;
  readonly dataDir: string;
  readonly logFile: string;
  /** The `bd` of this package: a script of Node. */
  readonly bd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Of root of the rig's server, where that was given to the supervisor. */
  readonly password: string;
}

/** One `bd federation sync`, while it goes on. */
export interface SyncRun {
  readonly pid: number | undefined;
  readonly ended: Promise<{ outcome: SyncOutcome; detail: string | null }>;
  /** Ends it and what it started, with SIGTERM. @returns false when it would not end in time */
  end(): Promise<boolean>;
}

const END_MS = 5_000;
/** Who acts, and where passwords are: all else of `bd`'s variables belongs to another project. */
const KEPT = ['BEADS_ACTOR', 'BD_ACTOR', 'BEADS_CREDENTIALS_FILE'];

/**
 * Runs `bd federation sync` once, as somebody in the project's directory would; each line that it
 * prints goes to the log.
 */
export function startSyncRun(options: SyncRunOptions): SyncRun {
  const { sync, logFile } = options;
  const started = performance.now();
  let interrupted = false;
  let complaint: string | null = null;
  const say = (level: 'info' | 'warning' | 'error', text: string) => write(logFile, logLine(level, text));
  if (!existsSync(sync.directory)) return missing(sync.directory, say);
  const strategy = sync.strategy === undefined ? [] : ['--strategy', sync.strategy];
  say('info', `bd federation sync in ${sync.directory}`);
  const child = spawn(process.execPath, [options.bd, 'federation', 'sync', ...strategy], {
    cwd: sync.directory,
    // A process group, so that its end is also that of the programs that it runs.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: withMovedAuthorities(environment(options)),
  });
  lines(child.stdout, (text) => say('info', text));
  lines(child.stderr, (text) => {
    complaint ??= text.replace(/^(✗|Error:)\s*/, '');
    say('warning', text);
  });
  const ended = once(child, 'close')
    .then(([code, signal]: unknown[]) => {
      const outcome: SyncOutcome = code === 0 ? 'in-sync' : interrupted ? 'interrupted' : 'failed';
      const how = signal ? `ended by ${String(signal)}` : `exit code ${String(code)}`;
      const took = formatDuration(performance.now() - started);
      if (outcome === 'failed') say('error', `failed after ${took}: ${how}`);
      else say('info', `${outcome === 'in-sync' ? 'in sync' : outcome} after ${took}`);
      return { outcome, detail: outcome === 'failed' ? (complaint ?? how) : null };
    })
    .catch((error: unknown) => {
      const detail = error instanceof Error ? error.message : String(error);
      say('error', detail);
      return { outcome: 'failed' as const, detail };
    });
  return {
    pid: child.pid,
    ended,
    async end() {
      interrupted = true;
      endGroup(child);
      const bound = new AbortController();
      const waited = new Promise<false>((resolve) => {
        const timer = setTimeout(resolve, END_MS, false);
        bound.signal.addEventListener('abort', () => clearTimeout(timer));
      });
      const isOver = await Promise.race([ended.then(() => true), waited]);
      bound.abort();
      return isOver;
    },
  };
}

function missing(directory: string, say: (level: 'error', text: string) => void): SyncRun {
  const detail = `there is no directory ${directory}`;
  say('error', detail);
  return { pid: undefined, ended: Promise.resolve({ outcome: 'failed', detail }), end: async () => true };
}

/** Not reaped yet, so the number is still its own. */
function endGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || pid <= 1 || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // It has just ended.
  }
}

function environment({ env, dataDir, password }: SyncRunOptions): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => KEPT.includes(name) || !/^(BEADS_|BD_|DOLT_REMOTE_|FORCE_COLOR$)/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    ...(password === '' ? {} : { BEADS_DOLT_PASSWORD: password }),
    GT_DOLT_DATA_DIR: dataDir,
    NO_COLOR: '1',
  };
}

function lines(stream: NodeJS.ReadableStream, tell: (text: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) => {
    const text = line.trim();
    if (text !== '') tell(text);
  });
}

function write(file: string, line: string): void {
  try {
    appendFileSync(file, line, { mode: 0o600 });
  } catch {
    // A full disk must not end the supervisor; the record tells the outcome.
  }
}
