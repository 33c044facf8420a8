import { open } from 'node:fs/promises';

export interface Follower {
  stop(): Promise<void>;
}

/**
 * Calls back for each line that is appended to a log from an offset on. Goes on when the log is
 * rotated, and waits for a log that does not exist yet.
 *
 * @param from offset in bytes of the beginning of a line, as `readLog` tells it
 * @example const follower = await followLog('/town/.gt/logs/beads.log', 0, print); … await follower.stop();
 */
export async function followLog(path: string, from: number, onLine: (line: string) => void): Promise<Follower> {
  const { default: TailFile } = await import('tail-file');
  let read = from;
  let begun = false;
  /** Beginning of the line in whose midst the tail began. */
  let partial = '';
  const tail = new TailFile(path, { startPos: from === 0 ? 'start' : 'end', force: true });
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (work: () => void | Promise<void>) => {
    turn = turn.then(work).catch(() => undefined);
  };
  const tell = (line: string) => {
    onLine(partial + line);
    partial = '';
  };
  tail.on('error', () => undefined);
  tail.on('ready', () => {
    if (begun) return;
    begun = true;
    // It begins at the end that it found; what was written between our reading and that is ours to tell.
    const { pos } = tail;
    inTurn(async () => {
      if (pos < read) {
        for (const line of (await textOf(`${path}.1`, read)).split('\n').slice(0, -1)) tell(line);
        read = 0;
      }
      const lines = (await textOf(path, read, pos)).split('\n');
      const rest = lines.pop() ?? '';
      for (const line of lines) tell(line);
      partial = rest;
      read = pos;
    });
  });
  tail.on('line', (line: string) =>
    inTurn(() => {
      read += Buffer.byteLength(line) + 1;
      tell(line);
    }),
  );
  tail.on('restart', (reason: string) =>
    inTurn(async () => {
      // Emptied by a rotation: what was not read before is at the end of the rotated file.
      if (reason === 'TRUNCATE') {
        for (const line of (await textOf(`${path}.1`, read)).split('\n').slice(0, -1)) tell(line);
      }
      read = 0;
    }),
  );
  tail.start();
  return { stop: () => tail.stop() };
}

async function textOf(path: string, from: number, to = Number.POSITIVE_INFINITY): Promise<string> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return '';
  try {
    const length = Math.min(to, (await file.stat()).size) - from;
    if (length <= 0) return '';
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, from);
    return buffer.toString('utf8');
  } finally {
    await file.close();
  }
}
