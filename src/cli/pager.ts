import { spawn } from 'node:child_process';
import { forTerminal } from './terminal-text.ts';

export interface PagerOptions {
  /** `--no-pager` */
  readonly off: boolean;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Shows a text in the user's pager when it is longer than the terminal is high; else, and when
 * stdout is no terminal, prints it. BD_PAGER wins over PAGER; BD_NO_PAGER or an empty PAGER mean none.
 */
export async function pageOrPrint(text: string, options: PagerOptions): Promise<void> {
  const whole = forTerminal(text === '' || text.endsWith('\n') ? text : `${text}\n`, process.stdout);
  const pager = pagerFor(whole, options);
  if (pager === undefined || !(await showIn(pager, whole, options.env))) process.stdout.write(whole);
}

function pagerFor(text: string, { off, env }: PagerOptions): string | undefined {
  const { isTTY, rows } = process.stdout;
  if (off || !isTTY || env['BD_NO_PAGER'] || env['TERM'] === 'dumb') return undefined;
  if (text.split('\n').length <= (rows || 24)) return undefined;
  return (env['BD_PAGER'] ?? env['PAGER'] ?? 'less') || undefined;
}

/** @returns false when the pager could not be started; that it was left early is no failure */
function showIn(pager: string, text: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  return new Promise((resolve) => {
    // The setting may hold arguments, so the shell reads it, as git does.
    const child = spawn(pager, {
      shell: true,
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { ...env, LESS: env['LESS'] ?? 'FRX' },
    });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code !== 126 && code !== 127));
    child.stdin.on('error', () => undefined);
    child.stdin.end(text);
  });
}
