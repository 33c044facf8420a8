import { open } from 'node:fs/promises';
import { fileSize } from './log-file.ts';

export interface Follower {
  stop(): Promise<void>;
}

/**
 * Calls back for each line that is appended to a log from now on. Goes on when the log is rotated,
 * and waits for a log that does not exist yet.
 *
 * @example const follower = await followLog('/town/.gt/logs/beads.log', print); … await follower.stop();
 */
export async function followLog(path: string, onLine: (line: string) => void): Promise<Follower> {
  const { default: TailFile } = await import('tail-file');
  let read = await fileSize(path);
  const tail = new TailFile(path, { startPos: read === 0 ? 'start' : 'end', force: true });
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (work: () => void | Promise<void>) => {
    turn = turn.then(work).catch(() => undefined);
  };
  tail.on('error', () => undefined);
  tail.on('line', (line: string) =>
    inTurn(() => {
      read += Buffer.byteLength(line) + 1;
      onLine(line);
    }),
  );
  tail.on('restart', (reason: string) =>
    inTurn(async () => {
      // Emptied by a rotation: what was not read before is at the end of the rotated file.
      if (reason === 'TRUNCATE') for (const line of await linesFrom(`${path}.1`, read)) onLine(line);
      read = 0;
    }),
  );
  tail.start();
  return { stop: () => tail.stop() };
}

async function linesFrom(path: string, offset: number): Promise<string[]> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return [];
  try {
    const length = (await file.stat()).size - offset;
    if (length <= 0) return [];
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
    return buffer.toString('utf8').split('\n').slice(0, -1);
  } finally {
    await file.close();
  }
}
