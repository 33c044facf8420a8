import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const claims = join(tmpdir(), 'gt-test-ports');
// Below the range from which the kernel takes ports for outgoing connections.
const FIRST = 10_000;
const LAST = 31_000;
const given: string[] = [];

/**
 * A port that nobody listens on and that no other test, in this run or another, has been given.
 * The claim is a file, so that it holds among processes; it is given back when this process ends.
 */
export async function testPort(): Promise<number> {
  mkdirSync(claims, { recursive: true });
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    const claim = join(claims, String(port));
    try {
      writeFileSync(claim, String(process.pid), { flag: 'wx' });
    } catch {
      continue;
    }
    if (given.length === 0) process.once('exit', giveBack);
    given.push(claim);
    if (await isFree(port)) return port;
  }
}

function giveBack(): void {
  for (const claim of given) rmSync(claim, { force: true });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
