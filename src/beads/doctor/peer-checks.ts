import { counted, fine, listed } from '../../util/diagnosis.ts';
import { decrypt, readCredentialKey } from '../federation/credential-cipher.ts';
import { listPeers } from '../federation/peers.ts';
import { federationDirectory, readStored } from '../federation/secret-store.ts';
import type { DatabaseCheck, OpenWorkspace } from './subject.ts';

/** Whether the peers are reached is told by the check of the remotes, which they are too. */
const credentials: DatabaseCheck = {
  name: 'Peer Credentials',
  category: 'Deep',
  async examine(workspace) {
    const { db, location, beadsDir } = workspace;
    // Not the rows that came from other clones: those are their peers.
    const peers = await listPeers({ db, location, beadsDir });
    const names = peers.filter(({ username }) => username !== undefined).map(({ name }) => name);
    const problems: { name: string; problem: string }[] = [];
    for (const name of names) {
      const problem = await problemOf(workspace, name);
      if (problem) problems.push({ name, problem });
    }
    if (problems.length === 0) return fine(`${counted(names.length, 'peer')} with a user; each password can be read`);
    return {
      status: 'warning',
      message: `${counted(problems.length, 'peer')} whose password this clone cannot use`,
      detail: listed(problems.map(({ name, problem }) => `${name}: ${problem}`)),
      fix: `bd federation set-credentials ${problems[0]?.name}`,
    };
  },
};

async function problemOf({ beadsDir, db }: OpenWorkspace, name: string): Promise<string | undefined> {
  const stored = beadsDir && (await readStored(federationDirectory(beadsDir, db.name), name));
  if (!stored) return 'its password is stored in another clone, if anywhere';
  const key = await readCredentialKey(beadsDir);
  if (!key) return 'the key file .beads/.beads-credential-key is gone';
  const password = decrypt(key, Buffer.from(stored.password_encrypted, 'base64'));
  return password === undefined ? 'it was encrypted with another key than that of this clone' : undefined;
}

/** Of federation: `--deep`. */
export const PEER_CHECKS: readonly DatabaseCheck[] = [credentials];
