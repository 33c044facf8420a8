/**
 * Ends the process as soon as all that was printed is written: no handle is waited for, and the heap
 * is not taken down piece by piece. The exit code is `process.exitCode`.
 */
export async function endProcess(): Promise<never> {
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit();
}

function flushed(stream: NodeJS.WriteStream): Promise<void> | undefined {
  // To a file, a terminal or, on most systems, a pipe, everything is written at once.
  if (stream.writableLength === 0 || stream.destroyed) return undefined;
  return new Promise((resolve) => stream.write('', () => resolve()));
}
