/** One line on stderr that tells how far a long command is; nothing when stderr is no terminal. */
export interface ProgressLine {
  show(text: string): void;
  clear(): void;
}

const EVERY_MS = 100;

export function progressLine(stream: NodeJS.WriteStream, quiet = false): ProgressLine {
  let last = 0;
  let shown = false;
  const silent = quiet || !stream.isTTY;
  return {
    show(text) {
      const now = Date.now();
      if (silent || now - last < EVERY_MS) return;
      last = now;
      shown = true;
      stream.write(`\r\u001b[K${text}`);
    },
    clear() {
      if (shown) stream.write('\r\u001b[K');
      shown = false;
    },
  };
}
