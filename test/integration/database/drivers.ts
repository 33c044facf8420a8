import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedOptions, openEmbedded } from '../../../src/database/embedded.ts';
import { connectServer, type ServerOptions } from '../../../src/database/server.ts';
import type { Database } from '../../../src/database/types.ts';
import { type BareServer, startBareServer } from '../../helpers/bare-server.ts';

/** A fresh Dolt database and a way to open it with one of the drivers, as often as one likes. */
export interface DriverUnderTest {
  readonly mode: Database['mode'];
  readonly directory: string;
  open(overrides?: Overrides): Promise<Database>;
  /** What another process needs to open it: JSON for `test/fixtures/database-process.mjs`. */
  readonly forProcess: string;
  readonly server: BareServer | undefined;
  /** Where writers on the server line up. */
  readonly queueDirectory: string | undefined;
  dispose(): Promise<void>;
}

/** Options of the embedded driver that are not the server driver's are ignored by it. */
export type Overrides = Partial<
  Pick<
    EmbeddedOptions,
    'lockTimeoutMs' | 'doltBin' | 'env' | 'directory' | 'database' | 'tidyFromBytes' | 'statementTimeoutMs'
  >
>;

export const DRIVERS = ['server', 'embedded'] as const;
export const DATABASE = 'work';

export async function makeDriver(mode: Database['mode']): Promise<DriverUnderTest> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'gt-database-')));
  const directory = join(root, 'data', DATABASE);
  const doltHome = join(root, 'dolt-home');
  initDatabase(directory, doltHome);
  return mode === 'server' ? serverDriver(root, directory) : embeddedDriver(root, directory, doltHome);
}

async function serverDriver(root: string, directory: string): Promise<DriverUnderTest> {
  const server = await startBareServer({ dataDir: join(root, 'data') });
  const queueDirectory = join(root, 'queue');
  const options: ServerOptions = {
    ...{ host: '127.0.0.1', port: server.port, user: 'root', database: DATABASE },
    queueDirectory,
  };
  return {
    mode: 'server',
    directory,
    server,
    queueDirectory,
    open: (overrides = {}) => {
      const { lockTimeoutMs } = overrides;
      return connectServer({ ...options, ...(lockTimeoutMs === undefined ? {} : { lockTimeoutMs }) });
    },
    forProcess: JSON.stringify({ mode: 'server', options }),
    async dispose() {
      await server.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function embeddedDriver(root: string, directory: string, doltHome: string): DriverUnderTest {
  const options: EmbeddedOptions = {
    doltBin: process.env['GT_DOLT_BIN'] ?? 'dolt',
    directory,
    database: DATABASE,
    doltHome,
    env: { PATH: process.env['PATH'] },
    lockDirectory: join(root, 'lock'),
    purpose: 'test',
  };
  return {
    mode: 'embedded',
    directory,
    server: undefined,
    queueDirectory: undefined,
    open: (overrides) => openEmbedded({ ...options, ...overrides }),
    forProcess: JSON.stringify({ mode: 'embedded', options }),
    async dispose() {
      rmSync(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function initDatabase(directory: string, doltHome: string): void {
  mkdirSync(directory, { recursive: true });
  mkdirSync(join(doltHome, '.dolt'), { recursive: true });
  const config = { 'metrics.disabled': 'true', 'user.name': 'Test', 'user.email': 'test@example.com' };
  writeFileSync(join(doltHome, '.dolt', 'config_global.json'), JSON.stringify(config));
  execFileSync(process.env['GT_DOLT_BIN'] ?? 'dolt', ['init'], {
    cwd: directory,
    env: { PATH: process.env['PATH'], HOME: doltHome, DOLT_DISABLE_EVENT_FLUSH: 'true' },
    stdio: 'ignore',
  });
}
