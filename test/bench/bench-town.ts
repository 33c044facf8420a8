import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { type BareServer, startBareServer } from '../helpers/bare-server.ts';
import { testPort } from '../helpers/ports.ts';
import type { BenchOptions } from './main.ts';
import { plainEnvironment, run, timeProcess, withNode } from './time-process.ts';

/** A town in a HOME of its own, and a copy of each of its databases for a bare server. */
export interface BenchTown {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly rigs: readonly { name: string; port: number }[];
  /** Times one `gt` command, in ms. */
  gt(...args: string[]): Promise<number>;
  /** Starts bare servers on the copies of these rigs' databases, together, until all answer a query. */
  startBare(rigs: readonly string[]): Promise<BareServer[]>;
  supervisorPid(): number;
  serverPid(rig: string): number;
  /** Waits until the supervisor that ends has ended. */
  supervisorGone(): Promise<void>;
  dispose(): Promise<void>;
}

/** Makes a town of `count` rigs, stopped. */
export async function makeBenchTown(options: BenchOptions, count: number): Promise<BenchTown> {
  const home = join(options.scratch, 'home');
  const dataDir = join(home, '.dolt-data');
  const env: NodeJS.ProcessEnv = {
    ...plainEnvironment(),
    HOME: home,
    GT_DOLT_BIN: options.doltBin,
    DOLT_DISABLE_EVENT_FLUSH: 'true',
  };
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const rigs: { name: string; port: number }[] = [];
  for (let index = 0; index < count; index += 1) {
    rigs.push({ name: index === 0 ? 'beads' : `rig_${index}`, port: await testPort() });
  }
  const lines = rigs.map(({ name, port }) => `  ${name}:\n    port: ${port}\n`);
  writeFileSync(join(dataDir, 'gt.yaml'), `rigs:\n${lines.join('')}`);

  const program = join(options.packageRoot, 'dist/bin/gt.cjs');
  const gt = (...args: string[]) => timeProcess(program, args, { env: withNode(process.execPath, env), cwd: home });
  const state = (file: string) => JSON.parse(readFileSync(join(dataDir, '.gt', file), 'utf8'));
  const supervisorFile = join(dataDir, '.gt/supervisor.json');
  const supervisorGone = async () => {
    while (existsSync(supervisorFile)) await delay(5);
  };
  // Makes the databases, and V8's code cache.
  await gt('dolt', 'start');
  await gt('dolt', 'stop');
  await supervisorGone();
  const bare = (rig: string) => join(options.scratch, 'bare', rig, rig);
  for (const { name } of rigs) cpSync(join(dataDir, name), bare(name), { recursive: true });
  return {
    home,
    env,
    rigs,
    gt,
    startBare: (names) => Promise.all(names.map((name) => startBareServer({ dataDir: bare(name) }))),
    supervisorPid: () => state('supervisor.json').pid,
    serverPid: (rig) => state(`state/${rig}.json`).server.pid,
    supervisorGone,
    async dispose() {
      await run(process.execPath, [program, 'dolt', 'stop', '--force'], { env, cwd: home });
      await supervisorGone();
    },
  };
}

/** Waits until a server answers a query. */
export async function untilAnswered(port: number): Promise<void> {
  for (;;) {
    try {
      const connection = await createConnection({ host: '127.0.0.1', port, user: 'root' });
      await connection.query('SELECT 1');
      connection.destroy();
      return;
    } catch {
      await delay(2);
    }
  }
}
