import { counted, fine, listed } from '../../util/diagnosis.ts';
import { listPeers } from '../federation/peers.ts';
import { federationStatus } from '../federation/status.ts';
import type { DatabaseCheck } from './subject.ts';

const TIMEOUT_MS = 15_000;

/** What `bd federation status` tells, in one line. */
export const federation: DatabaseCheck = {
  name: 'Federation',
  category: 'Deep',
  async examine({ db, location, beadsDir, findDolt }) {
    const town = { db, location, beadsDir };
    const known = await listPeers(town);
    if (known.length === 0 || beadsDir === undefined) return fine('no federation peers are configured');
    const { peers } = await federationStatus(town, { peers: [], timeoutMs: TIMEOUT_MS, findDolt });
    const problems = peers.flatMap(({ peer, error, outlook }) => {
      if (error) return `${peer.name}: ${error.message}`;
      const conflicts = outlook?.conflicts.length ?? 0;
      return conflicts > 0 ? `${peer.name}: ${counted(conflicts, 'conflict')} wait for a choice` : [];
    });
    if (problems.length === 0) return fine(`${counted(peers.length, 'peer')} can be synced with`);
    return {
      status: 'warning',
      message: `${counted(problems.length, 'peer')} cannot be synced with`,
      detail: listed(problems),
      fix: 'bd federation status   says what to do',
    };
  },
};
