import { join } from 'node:path';
import { acquireLock } from '../../util/process-lock.ts';
import { remoteTimeoutMs } from '../bootstrap/remote-timeout.ts';
import { doltHome } from '../workspace/user-cache.ts';
import { createExchange, type Exchange } from './exchange.ts';
import { directoryOf, type Peer, passwordOf, type TownDatabase } from './peers.ts';
import { createRelayRemote, type RelayRemote } from './relay-remote.ts';
import { prepareDirectory } from './secret-store.ts';

export interface MeetOptions {
  readonly findDolt: () => Promise<string>;
  /** How long one talk with a peer may take, in ms; default the setting `dolt.remote-timeout`. */
  readonly timeoutMs?: number | undefined;
  /** Is told how far Dolt is. */
  readonly onProgress?: ((text: string) => void) | undefined;
}

/** What is needed to deal with one peer. */
export interface Meeting {
  readonly peer: Peer;
  /** The branch that is synced: the one of ours that is current. */
  readonly branch: string;
  readonly exchange: Exchange;
  readonly relay: RelayRemote;
}

/**
 * Opens the exchange with a peer for as long as `work` takes; nobody else uses it meanwhile.
 *
 * @throws AppError LOCK_TIMEOUT when another process syncs with this peer all the time, and what `work` throws
 */
export async function meetPeer<T>(
  beads: TownDatabase,
  peer: Peer,
  options: MeetOptions,
  work: (meeting: Meeting) => Promise<T>,
): Promise<T> {
  const { directory } = directoryOf(beads);
  const { settings } = beads.location;
  const timeoutMs = options.timeoutMs ?? remoteTimeoutMs(settings);
  const password = await passwordOf(beads, peer);
  await prepareDirectory(directory);
  const own = join(directory, peer.name);
  const lock = await acquireLock({
    directory: join(own, 'lock'),
    purpose: 'bd federation',
    subject: `the exchange with ${peer.name}`,
    timeoutMs,
  });
  let closing: Exchange | undefined;
  try {
    const [row] = await beads.db.query('SELECT ACTIVE_BRANCH() AS branch');
    const branch = String(row?.['branch']);
    const authority = settings.value('federation.ca');
    // What Go trusts in place of the system's file of authorities.
    const env = authority ? { ...settings.env, SSL_CERT_FILE: authority } : settings.env;
    const program = { doltBin: await options.findDolt(), doltHome: doltHome(settings.env), env };
    const { onProgress } = options;
    const exchange = await createExchange({ peer, password, directory: own, branch, program, timeoutMs, onProgress });
    closing = exchange;
    const lockDirectory = join(directory, 'relay-lock');
    const relay = createRelayRemote(beads, { peer: peer.name, exchange, branch, lockDirectory, timeoutMs });
    await exchange.prepare(() => relay.give());
    return await work({ peer, branch, exchange, relay });
  } finally {
    await closing?.close();
    await lock.release();
  }
}
