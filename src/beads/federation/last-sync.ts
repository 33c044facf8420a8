import type { Beads } from '../beads.ts';
import { ensureLocalTables, readSchemaState } from '../schema/level.ts';

const PREFIX = 'federation.last_sync.';

/** Notes, in this clone only, when a sync with a peer was done. */
export async function noteSync(beads: Pick<Beads, 'db' | 'now'>, peer: string): Promise<void> {
  // A peer that pushed to the branch in use has taken the local tables away (decision 0091).
  await ensureLocalTables(beads.db, (await readSchemaState(beads.db)).missingLocalTables);
  const time = `${beads.now().toISOString().slice(0, 19)}Z`;
  await beads.db.execute('REPLACE INTO local_metadata (`key`, value) VALUES (?, ?)', [`${PREFIX}${peer}`, time]);
}

/** When each peer was synced last, RFC 3339. */
export async function lastSyncs(beads: Pick<Beads, 'db'>): Promise<Map<string, string>> {
  // A fresh clone has no local tables until something is written.
  const rows = await beads.db
    .query('SELECT `key`, value FROM local_metadata WHERE LEFT(`key`, ?) = ?', [PREFIX.length, PREFIX])
    .catch(() => []);
  return new Map(rows.map((row) => [String(row['key']).slice(PREFIX.length), String(row['value'])]));
}
