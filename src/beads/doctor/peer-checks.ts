import { AppError, messageOf } from '../../errors.ts';
import { counted, fine, listed } from '../../util/diagnosis.ts';
import { listPeers, type Peer, passwordOf, type TownDatabase } from '../federation/peers.ts';
import type { DatabaseCheck } from './subject.ts';

/** Asks nobody, so it is for every doctor; whether the peers let us in is told by `--deep`. */
const credentials: DatabaseCheck = {
  name: 'Peer Credentials',
  category: 'Database',
  async examine({ db, location, beadsDir }) {
    const town = { db, location, beadsDir };
    // Not the rows that came from other clones: those are their peers.
    const peers = (await listPeers(town)).filter(({ username }) => username !== undefined);
    if (peers.length === 0 || beadsDir === undefined) return fine('no federation peer has a user');
    const problems: { name: string; problem: string }[] = [];
    for (const peer of peers) {
      const problem = await problemOf(town, peer);
      if (problem) problems.push({ name: peer.name, problem });
    }
    if (problems.length === 0) return fine(`${counted(peers.length, 'peer')} with a user; each password can be read`);
    return {
      status: 'warning',
      message: `${counted(problems.length, 'peer')} whose password this clone cannot use`,
      // One key serves all of them.
      detail: listed([...new Set(problems.map(({ problem }) => problem))]),
      fix: `bd federation set-credentials ${problems[0]?.name}`,
    };
  },
};

async function problemOf(town: TownDatabase, peer: Peer): Promise<string | undefined> {
  try {
    await passwordOf(town, peer);
    return undefined;
  } catch (error) {
    const hint = error instanceof AppError && error.code !== 'ACCESS_DENIED' ? error.hint : undefined;
    return messageOf(error) + (hint === undefined ? '' : ` (${hint})`);
  }
}

/** Of federation: what can be told without the peers. */
export const PEER_CHECKS: readonly DatabaseCheck[] = [credentials];
