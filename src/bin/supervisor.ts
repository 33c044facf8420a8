import { writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { packageRoot, packageVersion } from '../package-info.ts';
import { logLine } from '../supervisor/log-line.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { ADOPT_ONLY } from '../supervisor/supervisor-arguments.ts';

/** File descriptor on which the starter waits for one line: `ready`, or why not. */
const READY_FD = 3;

async function main(dataDir: string, adoptOnly: boolean): Promise<void> {
  // Whatever it and its servers make, sockets too, is this user's alone.
  process.umask(0o077);
  const root = packageRoot(import.meta.dirname);
  const supervisor = new Supervisor({
    dataDir,
    adoptOnly,
    bd: join(root, 'dist/bin/bd.cjs'),
    version: packageVersion(root),
    env: process.env,
    home: process.env['HOME'] || homedir(),
    log: (level, message) => process.stderr.write(logLine(level, message)),
  });
  // Its own end harms no server.
  process.on('SIGTERM', () => void supervisor.close());
  process.on('SIGINT', () => void supervisor.close());
  process.on('SIGHUP', () => undefined);
  try {
    await supervisor.open();
    tellStarter('ready\n');
  } catch (error) {
    tellStarter(`${messageOf(error)}\n`);
    process.stderr.write(logLine('error', messageOf(error)));
    process.exitCode = 1;
    return;
  }
  await supervisor.ended;
  process.exit(0);
}

/** The starter may be gone already: that is its affair. */
function tellStarter(line: string): void {
  try {
    writeSync(READY_FD, line);
  } catch {}
}

void main(process.argv[2] ?? '', process.argv.includes(ADOPT_ONLY));
