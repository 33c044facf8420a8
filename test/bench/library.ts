import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OpenBeads } from '../../src/beads/methods.ts';
import type * as library from '../../src/index.ts';
import type { BenchOptions } from './main.ts';

/** Opens issues through the built library, as a program that uses the package does. */
export async function openLibrary(
  { packageRoot }: BenchOptions,
  { port, database, autoCommit }: { port: number; database: string; autoCommit?: 'on' | 'off' },
): Promise<OpenBeads> {
  const path = join(packageRoot, 'dist/src/index.js');
  const { openBeads }: typeof library = await import(pathToFileURL(path).href);
  const endpoint = { host: '127.0.0.1', port };
  return openBeads({ endpoint, database, actor: 'bench', ...(autoCommit ? { autoCommit } : {}) });
}
