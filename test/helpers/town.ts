import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import { onTestFinished } from 'vitest';
import type { RigStatus } from '../../src/supervisor/rig-status.ts';
import type { TownStatus } from '../../src/supervisor/town-status.ts';
import type { LiveState } from '../../src/town/live-state.ts';
import { eventually } from './eventually.ts';
import { processesOf, watchLeaks } from './leaks.ts';
import { testPort } from './ports.ts';
import { json, makeWorkspace, type Workspace } from './workspace.ts';

/** A town in a HOME of its own. When the test is over it is stopped, checked for leaks and removed. */
export interface TestTown extends Workspace {
  port(rig: string): number;
  status(...rigs: string[]): Promise<TownStatus>;
  /** The status of one rig. */
  rig(rig?: string): Promise<RigStatus>;
  /** Waits until the status of a rig is as asked for. */
  until(what: string, test: (rig: RigStatus) => boolean, rig?: string): Promise<RigStatus>;
  /** `gt dolt start`, which must work; the pids of the servers. */
  start(...args: string[]): Promise<number[]>;
  supervisorPid(): number;
  /** `gt dolt stop`, which must work; then waits for the end of everything, of the supervisor too. */
  stop(): Promise<void>;
  state(rig?: string): LiveState;
  /** A connection of an ordinary client, closed when the test is over. */
  connect(rig?: string): Promise<Connection>;
  /** `cd RIG && dolt sql-server --port N`, or with other arguments and elsewhere; ended when the test is over. */
  startByHand(rig: string, port: number, how?: { args: string[]; cwd: string }): Promise<number>;
  /** A path in the data dir. */
  path(...parts: string[]): string;
  /** A path for what the test itself needs in this HOME. */
  own(name: string): string;
}

export interface TownSpec {
  /** Rigs that get a database and a port of the test's; none leaves the data dir to be made. */
  rigs?: readonly string[];
  /** Further lines of gt.yaml. */
  yaml?: string;
  env?: NodeJS.ProcessEnv;
}

export async function makeTown({ rigs = ['beads'], yaml = '', env = {} }: TownSpec = {}): Promise<TestTown> {
  const workspace = makeWorkspace(env);
  const { home, dataDir, gt } = workspace;
  const ports = new Map<string, number>();
  for (const rig of rigs) ports.set(rig, await testPort());
  mkdirSync(join(home, 'own'));
  const leaks = watchLeaks(home, () => [...ports.values()]);
  onTestFinished(async () => {
    await gt(['dolt', 'stop', '--force', '--timeout', '10s', '--data-dir', dataDir]);
    try {
      await leaks.check();
    } finally {
      rmSync(home, { recursive: true, force: true, maxRetries: 3 });
    }
  });
  if (rigs.length > 0) {
    mkdirSync(dataDir, { mode: 0o700 });
    for (const rig of rigs) cpSync(template(), join(dataDir, rig), { recursive: true });
    const entries = [...ports].map(([rig, port]) => `  ${rig}: { port: ${port} }\n`).join('');
    writeFileSync(join(dataDir, 'gt.yaml'), `rigs:\n${entries}${yaml}`, { mode: 0o600 });
  }
  const status = async (...names: string[]) => json<TownStatus>(await gt(['dolt', 'status', ...names, '--json']));
  const rig = async (name = 'beads') => {
    const found = (await status(name)).rigs[0];
    if (!found) throw new Error(`no status of ${name}`);
    return found;
  };
  const port = (name: string) => ports.get(name) ?? Number.NaN;
  return {
    ...workspace,
    port,
    status,
    rig,
    until: (what, test, name) =>
      eventually(what, async () => {
        const seen = await rig(name);
        return test(seen) ? seen : undefined;
      }),
    async start(...args) {
      const result = await gt(['dolt', 'start', '--json', ...args]);
      if (result.exitCode !== 0) throw new Error(`gt dolt start: ${result.stdout}${result.stderr}`);
      return json<{ rigs: RigStatus[] }>(result).rigs.map(({ pid }) => pid ?? Number.NaN);
    },
    async stop() {
      const result = await gt(['dolt', 'stop']);
      if (result.exitCode !== 0) throw new Error(`gt dolt stop: ${result.stdout}${result.stderr}`);
      await eventually('the end of everything', () => processesOf(home).length === 0);
    },
    supervisorPid: () => JSON.parse(readFileSync(join(dataDir, '.gt/supervisor.json'), 'utf8')).pid,
    state: (name = 'beads') => JSON.parse(readFileSync(join(dataDir, `.gt/state/${name}.json`), 'utf8')),
    async connect(name = 'beads') {
      const connection = await createConnection({ host: '127.0.0.1', port: port(name), user: 'root', database: name });
      connection.on('error', () => undefined);
      onTestFinished(() => connection.destroy());
      return connection;
    },
    startByHand: (name, at, how) => startByHand(home, join(dataDir, name), at, how),
    path: (...parts) => join(dataDir, ...parts),
    own: (name) => join(home, 'own', name),
  };
}

async function startByHand(
  home: string,
  directory: string,
  port: number,
  how?: { args: string[]; cwd: string },
): Promise<number> {
  const socket = join(home, 'own', `${port}.sock`);
  const child = spawn(
    process.env['GT_DOLT_BIN'] ?? 'dolt',
    ['sql-server', ...(how?.args ?? ['--port', String(port), '--socket', socket])],
    { cwd: how?.cwd ?? directory, stdio: 'ignore', env: { ...process.env, HOME: join(home, 'own') } },
  );
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
    for (const left of [socket, `${socket}.lock`, join(home, 'tmp', '.dolt')])
      rmSync(left, { recursive: true, force: true });
  });
  await eventually('an answer of the server started by hand', async () => {
    const connection = await createConnection({ host: '127.0.0.1', port, user: 'root' }).catch(() => undefined);
    connection?.destroy();
    return connection !== undefined;
  });
  return child.pid ?? Number.NaN;
}

/** A fresh database, made by Dolt itself for the whole run (see global-setup.ts); tests copy it. */
function template(): string {
  const directory = process.env['GT_TEST_TEMPLATE'];
  if (!directory) throw new Error('the global set-up has made no database');
  return directory;
}
