import { join } from 'node:path';
import { AppError } from '../../errors.ts';
import { acquireLock } from '../../util/process-lock.ts';
import type { Beads } from '../beads.ts';
import { createExchange, type Exchange } from '../federation/exchange.ts';
import { readPeerState } from '../federation/peer-state.ts';
import { directoryOf } from '../federation/peers.ts';
import { createRelayRemote } from '../federation/relay-remote.ts';
import { prepareDirectory } from '../federation/secret-store.ts';
import { isOnThisHost } from '../workspace/endpoint.ts';
import { doltHome } from '../workspace/user-cache.ts';
import type { RemoteSession, RemoteUse } from './remote-session.ts';

/** Whether a remote needs the credentials of this environment, and our server, which has others, is on this host. */
export function needsRelay({ location, beadsDir }: Beads, url: string): boolean {
  const { target, settings } = location;
  const { DOLT_REMOTE_USER: user, DOLT_REMOTE_PASSWORD: password } = settings.env;
  const asked = Boolean(user && password) && /^https?:\/\//i.test(url) && !url.endsWith('.git');
  return asked && beadsDir !== undefined && target.mode === 'server' && isOnThisHost(target.endpoint);
}

/**
 * A remote that is reached by a `dolt` of ours, in a clone that no server holds, with the
 * credentials of this environment; the commits go to and from our server by way of a directory.
 */
export async function withRelayedRemote<T>(
  beads: Beads,
  use: RemoteUse,
  work: (session: RemoteSession) => Promise<T>,
): Promise<T> {
  const { remote, branch, timeoutMs, onProgress } = use;
  const { settings } = beads.location;
  const { directory } = directoryOf(beads);
  await prepareDirectory(directory);
  const own = join(directory, `remote-${remote.name}`);
  const { DOLT_REMOTE_USER: username, DOLT_REMOTE_PASSWORD: password } = settings.env;
  const peer = { name: remote.name, url: remote.url, username, sovereignty: '' };
  const authority = settings.value('federation.ca');
  const env = authority ? { ...settings.env, SSL_CERT_FILE: authority } : settings.env;
  const program = { doltBin: await beads.findDolt(), doltHome: doltHome(settings.env), env };
  const lock = await acquireLock({
    directory: join(own, 'lock'),
    purpose: 'bd dolt push or pull',
    subject: `the exchange with ${remote.name}`,
    timeoutMs,
  });
  let closing: Exchange | undefined;
  try {
    const exchange = await createExchange({ peer, password, directory: own, branch, program, timeoutMs, onProgress });
    closing = exchange;
    const lockDirectory = join(directory, 'relay-lock');
    const relay = createRelayRemote(beads, { peer: peer.name, exchange, branch, lockDirectory, timeoutMs });
    await exchange.prepare(() => relay.give());
    await relay.give();
    await exchange.take();
    let theirs: string | undefined;
    const inspect: RemoteSession['inspect'] = async (look) => look(await exchange.open());
    return await work({
      inspect,
      async fetch() {
        theirs = (await exchange.fetch())?.head;
        return theirs;
      },
      async push(force) {
        const head = force ? theirs : undefined;
        if (head !== undefined && !(await inspect((db) => readPeerState(db, head))).unused) throw noForce();
        const pushed = await (head === undefined ? exchange.push() : exchange.pushFirst());
        if (pushed === 'done') return;
        const why = pushed === 'dirty' ? 'has uncommitted changes' : 'has commits that are not here';
        throw new AppError('CONFLICT', `the remote "${remote.name}" ${why}; nothing was pushed`, {
          hint: pushed === 'dirty' ? 'over there: bd vc commit; then push again' : 'bd dolt pull, then push again',
        });
      },
      async bring(commit) {
        await exchange.offer(commit);
        await relay.receive(branch);
      },
    });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'ACCESS_DENIED') throw error;
    throw new AppError('ACCESS_DENIED', error.message, {
      hint: 'check DOLT_REMOTE_USER and DOLT_REMOTE_PASSWORD; over there the user needs CLONE_ADMIN to fetch and SUPER to push',
      cause: error,
    });
  } finally {
    await closing?.close();
    await lock.release();
  }
}

function noForce(): AppError {
  return new AppError('VALIDATION', '--force does not go with a server and the credentials of this environment', {
    hint: 'use the remote without credentials, or from an embedded clone; nothing was changed',
  });
}
