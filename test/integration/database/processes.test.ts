import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Database } from '../../../src/database/types.ts';
import { DRIVERS, type DriverUnderTest, makeDriver } from './drivers.ts';

const PATIENCE = { timeout: 60_000, interval: 5 };

describe.each(DRIVERS)('several processes with the %s driver', (mode) => {
  let driver: DriverUnderTest;
  let db: Database;
  const started: Other[] = [];

  beforeAll(async () => {
    driver = await makeDriver(mode);
    const setup = await driver.open();
    await setup.execute('CREATE TABLE counter (id INT PRIMARY KEY, n INT NOT NULL)');
    await setup.close();
    return () => driver.dispose();
  });

  beforeEach(async () => {
    db = await driver.open();
    await db.execute('REPLACE INTO counter VALUES (1, 0)');
  });

  afterEach(async () => {
    for (const other of started.splice(0)) await other.kill();
    await db.close();
  });

  const count = async () => (await db.query('SELECT n FROM counter WHERE id = 1'))[0]?.['n'];

  function other(what: string, argument = ''): Other {
    const process = startOther(driver.forProcess, what, argument);
    started.push(process);
    return process;
  }

  test('lose no increment', async () => {
    const others = Array.from({ length: 4 }, () => other('increment', '8'));
    for (let index = 0; index < 8; index += 1) {
      await db.transaction(async (tx) => {
        const [row] = await tx.query<{ n: number }>('SELECT n FROM counter WHERE id = 1');
        await tx.execute('UPDATE counter SET n = ? WHERE id = 1', [(row?.n ?? 0) + 1]);
      });
    }
    for (const process of others) expect(await process.exitCode).toBe(0);
    expect(await count()).toBe(40);
  });

  test('a writer that waits in vain is told who holds the turn', async () => {
    const holder = other('hold');
    await holder.says('holding');
    const impatient = await driver.open({ lockTimeoutMs: 1_000 });
    const error = await impatient.execute('UPDATE counter SET n = 1').catch((thrown: unknown) => thrown);
    await impatient.close();
    expect(error).toMatchObject({
      code: 'LOCK_TIMEOUT',
      message: expect.stringMatching(
        mode === 'server' ? /held by connection \d+ \(root@/ : `pid ${holder.pid} \\(test\\)`,
      ),
    });
  });

  test('a reader does not wait for a writer and sees what is committed', async () => {
    await other('hold').says('holding');
    const reader = other('query', 'SELECT n FROM counter');
    await reader.says('[{"n":0}]');
    expect(await reader.exitCode).toBe(0);
    expect(await count()).toBe(0);
  });

  test('a holder that is killed loses its turn and its change at once', async () => {
    const holder = other('hold');
    await holder.says('holding');
    await holder.kill();
    // Far less than the time that a writer would wait for a living holder.
    const next = await driver.open({ lockTimeoutMs: 10_000 });
    await next.transaction((tx) => tx.execute('UPDATE counter SET n = n + 1 WHERE id = 1'));
    await next.close();
    expect(await count()).toBe(1);
  });

  test('one that does nothing does not keep others out', async () => {
    await other('idle').says('idle');
    const next = await driver.open({ lockTimeoutMs: 30_000 });
    await next.execute('UPDATE counter SET n = n + 1 WHERE id = 1');
    await next.close();
    expect(await count()).toBe(2);
  });

  test('two that never pause both get on', async () => {
    const first = other('increment', '1000000');
    const second = other('increment', '1000000');
    const lines = () => [first.output, second.output].map((text) => text.split('\n').length);
    for (let round = 0; round < 3; round += 1) {
      const [a = 0, b = 0] = lines();
      await vi.waitUntil(() => lines().every((now, index) => now > ([a, b][index] ?? 0)), PATIENCE);
    }
  });

  test('one that closes while it waits for its turn ends at once', async () => {
    const holder = other('hold');
    await holder.says('holding');
    const started = Date.now();
    const waiter = other('giveUp');
    expect(await waiter.exitCode).toBe(0);
    expect(waiter.output).toContain('gave up');
    // It would have waited for 30 s.
    expect(Date.now() - started).toBeLessThan(25_000);
  });

  test('a process ends by itself once it closed', async () => {
    const process = other('increment', '1');
    expect(await process.exitCode).toBe(0);
  });
});

interface Other {
  readonly pid: number | undefined;
  readonly output: string;
  readonly exitCode: Promise<number | null>;
  says(text: string): Promise<void>;
  kill(): Promise<void>;
}

function startOther(how: string, what: string, argument: string): Other {
  const script = join(import.meta.dirname, '../../fixtures/database-process.mjs');
  const child: ChildProcess = spawn(process.execPath, [script, how, what, argument], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const exitCode = once(child, 'exit').then(([code]) => code as number | null);
  let isOver = false;
  // Its end may be known before what it said last.
  child.once('close', () => {
    isOver = true;
  });
  return {
    pid: child.pid,
    get output() {
      return output;
    },
    exitCode,
    async says(text) {
      await vi.waitUntil(() => output.includes(text) || isOver, PATIENCE);
      expect(output).toContain(text);
    },
    async kill() {
      child.kill('SIGKILL');
      await exitCode;
    },
  };
}
