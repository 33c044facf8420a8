import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../util/atomic-write.ts';
import type { Beads } from '../beads.ts';
import { directoryOf, type TownDatabase } from './peers.ts';

// Not a table: a push of the peer takes those away that are not in the history (decision 0091).
const FILE = 'last-sync';

/**
 * Notes, in this clone only, when a sync with a peer was done.
 *
 * @throws AppError IO_ERROR, DISK_FULL
 */
export async function noteSync(beads: TownDatabase & Pick<Beads, 'now'>, peer: string): Promise<void> {
  const time = `${beads.now().toISOString().slice(0, 19)}Z`;
  await writeFileAtomic(fileOf(beads, peer), `${time}\n`);
}

/** When a peer was synced last, RFC 3339; undefined when this clone never did, or does not know. */
export async function lastSync(beads: TownDatabase, peer: string): Promise<string | undefined> {
  if (beads.beadsDir === undefined) return undefined;
  const text = await readFile(fileOf(beads, peer), 'utf8').catch(() => '');
  return text.trim() || undefined;
}

/** In the directory of the exchange, which goes with the peer. */
function fileOf(beads: TownDatabase, peer: string): string {
  return join(directoryOf(beads).directory, peer, FILE);
}
