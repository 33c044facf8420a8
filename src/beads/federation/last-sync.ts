import type { Beads } from '../beads.ts';

const PREFIX = 'federation.last_sync.';

/** Notes, in this clone only, when a sync with a peer was done. */
export async function noteSync(beads: Beads, peer: string): Promise<void> {
  const time = `${beads.now().toISOString().slice(0, 19)}Z`;
  await beads.db.execute('REPLACE INTO local_metadata (`key`, value) VALUES (?, ?)', [`${PREFIX}${peer}`, time]);
}
