import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * A program that prints a version as Dolt does. It also appends a line to `<path>.calls`, so that
 * a test can count how often it was run.
 */
export function writeStubDolt(path: string, version: string, options: { mode?: number; bytes?: number } = {}): string {
  mkdirSync(dirname(path), { recursive: true });
  const padding = `# ${'x'.repeat(Math.max(0, (options.bytes ?? 0) - 200))}\n`;
  const script = `#!/bin/sh\nPATH=/usr/bin:/bin\necho "$HOME" >> '${path}.calls'\necho 'dolt version ${version}'\nexit 0\n`;
  writeFileSync(path, options.bytes ? script + padding : script, { mode: options.mode ?? 0o755 });
  return path;
}
