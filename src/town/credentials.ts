import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { systemErrorCode } from '../errors.ts';
import { fileError } from '../util/atomic-write.ts';

/**
 * The password for a server: BEADS_DOLT_PASSWORD, else the credentials file (BEADS_CREDENTIALS_FILE
 * or `~/.config/beads/credentials`), whose sections are `[host:port]` with a line `password = …`.
 *
 * @returns undefined when there is none
 * @throws AppError IO_ERROR when the file is there and cannot be read
 */
export function serverPassword(server: { host: string; port: number }, env: NodeJS.ProcessEnv): string | undefined {
  const given = env['BEADS_DOLT_PASSWORD'];
  if (given) return given;
  const home = env['HOME'] || homedir();
  const named = env['BEADS_CREDENTIALS_FILE'];
  const path = named || join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'beads', 'credentials');
  try {
    return passwordIn(readFileSync(path, 'utf8'), `${server.host}:${server.port}`);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT' && !named) return undefined;
    throw fileError(error, `cannot read the credentials file ${path}`);
  }
}

/** Looks a section of an INI text up. */
export function passwordIn(text: string, section: string): string | undefined {
  let current = '';
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[(.+)\]\s*$/.exec(line);
    if (header) current = header[1]?.trim() ?? '';
    else if (current === section) {
      const password = /^\s*password\s*=\s*(.*?)\s*$/.exec(line)?.[1];
      if (password) return password;
    }
  }
  return undefined;
}
