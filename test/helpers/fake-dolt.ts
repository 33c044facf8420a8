import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a program that is the real Dolt but for `sql-server`: there it runs `script` (sh), in which
 * `$DOLT` is the real program and the arguments are those of `dolt`.
 *
 * @example fakeDolt(join(home, 'bin/dolt'), 'echo "no such luck" >&2; exit 3')
 */
export function fakeDolt(path: string, script: string): string {
  mkdirSync(dirname(path), { recursive: true });
  const lines = [
    '#!/bin/sh',
    `DOLT='${process.env['GT_DOLT_BIN']}'`,
    'if [ "$1" != sql-server ]; then exec "$DOLT" "$@"; fi',
    script,
  ];
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o755 });
  return path;
}

/** A server that never gets ready: it lives, listens nowhere, and ends on SIGTERM. */
export const NEVER_READY = 'echo "still thinking"; exec sleep 1000';

/** The same, but the process is the script's own shell all the time. */
export const NEVER_READY_SHELL = 'while true; do sleep 0.2; done';
