import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fingerprint } from '../../database/backup/fingerprint.ts';
import { writeFileAtomic } from '../../util/atomic-write.ts';
import { makeDirectory } from '../../util/make-directory.ts';
import { endpointText, type ServerTarget } from '../workspace/endpoint.ts';

/**
 * What a move to embedded mode left on a server, in `.beads/backup/left-on-server.json`: a later move
 * back may replace it if nobody wrote to it since.
 */
interface LeftBehind {
  readonly at: string;
  readonly database: string;
  readonly fingerprint: Fingerprint;
}

export async function rememberLeftBehind(
  beadsDir: string,
  { endpoint, database }: ServerTarget,
  fingerprint: Fingerprint,
): Promise<void> {
  const left: LeftBehind = { at: endpointText(endpoint), database, fingerprint };
  await makeDirectory(join(beadsDir, 'backup'));
  await writeFileAtomic(path(beadsDir), `${JSON.stringify(left, null, 2)}\n`);
}

/** @returns undefined when nothing was left on that server, or nobody knows */
export async function readLeftBehind(
  beadsDir: string,
  { endpoint, database }: ServerTarget,
): Promise<Fingerprint | undefined> {
  try {
    const left = JSON.parse(await readFile(path(beadsDir), 'utf8')) as Partial<LeftBehind>;
    if (left.at !== endpointText(endpoint) || left.database !== database) return undefined;
    return Array.isArray(left.fingerprint?.branches) ? left.fingerprint : undefined;
  } catch {
    return undefined;
  }
}

function path(beadsDir: string): string {
  return join(beadsDir, 'backup', 'left-on-server.json');
}
