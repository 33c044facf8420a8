import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { acquireLock } from '../../src/util/process-lock.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gt-lock-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const lockDir = () => join(directory, 'lock');

test('holders exclude each other and come in the order of asking', async () => {
  const order: number[] = [];
  let inside = 0;
  const tasks = Array.from({ length: 12 }, async (_, index) => {
    const lock = await acquireLock({ directory: lockDir(), purpose: `task ${index}`, timeoutMs: 60_000 });
    inside += 1;
    expect(inside).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    order.push(index);
    inside -= 1;
    await lock.release();
  });
  await Promise.all(tasks);
  expect(order).toHaveLength(12);
  expect(readdirSync(lockDir())).toEqual([]);
});

test('a temporary lock leaves no directory, and excludes as well while others remove it', async () => {
  let inside = 0;
  const tasks = Array.from({ length: 40 }, async (_, index) => {
    await new Promise((resolve) => setTimeout(resolve, index * 3));
    const lock = await acquireLock({
      directory: lockDir(),
      purpose: `task ${index}`,
      temporary: true,
      timeoutMs: 60_000,
    });
    inside += 1;
    expect(inside).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
    await lock.release();
  });
  await Promise.all(tasks);
  expect(existsSync(lockDir())).toBe(false);
});

test('a waiter gives up after its time and names the holder', async () => {
  const held = await acquireLock({ directory: lockDir(), purpose: 'the long job', timeoutMs: 0 });
  await expect(acquireLock({ directory: lockDir(), purpose: 'x', timeoutMs: 30 })).rejects.toMatchObject({
    code: 'LOCK_TIMEOUT',
    message: expect.stringMatching(new RegExp(`pid ${process.pid} \\(the long job\\)`)),
  });
  expect(readdirSync(lockDir())).toHaveLength(1);
  await held.release();
});

test('the lock of a process that was killed is free at once', async () => {
  const script = join(import.meta.dirname, '../fixtures/hold-lock.mjs');
  const child = spawn(process.execPath, [script, lockDir()], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await expect(acquireLock({ directory: lockDir(), purpose: 'x', timeoutMs: 0 })).rejects.toMatchObject({
    message: expect.stringContaining(`pid ${child.pid}`),
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = await acquireLock({ directory: lockDir(), purpose: 'x', timeoutMs: 0 });
  await lock.release();
});

test('a ticket whose pid now is another process counts as dead', async () => {
  const first = await acquireLock({ directory: lockDir(), purpose: 'old', timeoutMs: 0 });
  const [name] = readdirSync(lockDir());
  const file = join(lockDir(), name ?? '');
  const holder = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...holder, pid: 1 }));
  const second = await acquireLock({ directory: lockDir(), purpose: 'new', timeoutMs: 0 });
  await second.release();
  await first.release();
});

test('a ticket of another set of processes is never judged dead', async () => {
  const first = await acquireLock({ directory: lockDir(), purpose: 'in a container', timeoutMs: 0 });
  const file = join(lockDir(), readdirSync(lockDir())[0] ?? '');
  const holder = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...holder, pid: 2 ** 22 + 1, pidNamespace: 'pid:[1]' }));
  await expect(acquireLock({ directory: lockDir(), purpose: 'x', timeoutMs: 0 })).rejects.toMatchObject({
    code: 'LOCK_TIMEOUT',
    hint: expect.stringContaining(lockDir()),
  });
  await first.release();
});

test('a ticket that a crash of the machine left without content counts as dead', async () => {
  await (await acquireLock({ directory: lockDir(), purpose: 'x', timeoutMs: 0 })).release();
  writeFileSync(join(lockDir(), `${'1'.padStart(12, '0')}.${'a'.repeat(16)}`), '');
  const lock = await acquireLock({ directory: lockDir(), purpose: 'x', timeoutMs: 0 });
  expect(readdirSync(lockDir())).toHaveLength(1);
  await lock.release();
});

test('who waits behind a waiter that was killed is woken by the holder', async () => {
  const held = await acquireLock({ directory: lockDir(), purpose: 'holder', timeoutMs: 0 });
  // More tickets of the dead than would make the next look come soon.
  const dead = { ...JSON.parse(readFileSync(join(lockDir(), readdirSync(lockDir())[0] ?? ''), 'utf8')), pid: 2 ** 22 };
  for (let number = 2; number <= 25; number += 1) {
    writeFileSync(join(lockDir(), `${String(number).padStart(12, '0')}.${'0'.repeat(16)}`), JSON.stringify(dead));
  }
  const waiting = acquireLock({ directory: lockDir(), purpose: 'waiter', timeoutMs: 60_000 });
  await vi.waitFor(() => expect(readdirSync(lockDir())).toHaveLength(2));
  await held.release();
  const begun = performance.now();
  await (await waiting).release();
  // The line would have looked again after 2.5 s.
  expect(performance.now() - begun).toBeLessThan(2_000);
});

test('an abort ends the wait of one far back at once', async () => {
  const held = await acquireLock({ directory: lockDir(), purpose: 'holder', timeoutMs: 0 });
  const others = Array.from({ length: 30 }, () => new AbortController());
  const waits = others.map(({ signal }, index) =>
    acquireLock({ directory: lockDir(), purpose: `waiter ${index}`, timeoutMs: 60_000, signal }),
  );
  const settled = Promise.allSettled(waits);
  await vi.waitFor(() => expect(readdirSync(lockDir()).length).toBe(31));
  for (const each of others) each.abort();
  const results = await settled;
  expect(results.every((each) => each.status === 'rejected' && each.reason.code === 'CANCELLED')).toBe(true);
  await held.release();
});

test('a holder learns that somebody waits', async () => {
  const held = await acquireLock({ directory: lockDir(), purpose: 'x', timeoutMs: 0 });
  expect(await held.contended()).toBe(false);
  const waiting = acquireLock({ directory: lockDir(), purpose: 'y', timeoutMs: 60_000 });
  await vi.waitUntil(() => held.contended(), { timeout: 60_000, interval: 1 });
  await held.release();
  await (await waiting).release();
});

test('two processes never hold it at once, also when holders and waiters are killed', async () => {
  const script = join(import.meta.dirname, '../fixtures/hammer-lock.mjs');
  const inside = join(directory, 'inside');
  let output = '';
  const start = (times: number) => {
    const child = spawn(process.execPath, [script, lockDir(), inside, String(times)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    return { child, exited: once(child, 'exit') };
  };
  const victims = [start(1e9), start(1e9)];
  const steady = Array.from({ length: 4 }, () => start(60));
  for (let round = 0; round < 6; round += 1) {
    const seen = output.length;
    await vi.waitUntil(() => output.length > seen + 30, { timeout: 60_000, interval: 1 });
    const victim = victims.shift();
    victim?.child.kill('SIGKILL');
    await victim?.exited;
    victims.push(start(1e9));
  }
  const ends = await Promise.all(steady.map(({ exited }) => exited));
  for (const { child, exited } of victims) {
    child.kill('SIGKILL');
    await exited;
  }
  expect(output).not.toContain('VIOLATION');
  expect(ends.map(([code]) => code)).toEqual([0, 0, 0, 0]);
});
