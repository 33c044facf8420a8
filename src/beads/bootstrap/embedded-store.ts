import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createEmbedded } from '../../database/create-embedded.ts';
import { openEmbedded } from '../../database/embedded.ts';
import { shownUrl } from '../../database/remote-url.ts';
import { lockDirectory } from '../workspace/connect.ts';
import { readAuthor } from '../workspace/init-store.ts';
import { doltHome } from '../workspace/user-cache.ts';
import {
  type BootstrapStore,
  type Decide,
  type FoundStore,
  fillNew,
  refuseEmptyRemote,
  type StoreRequest,
  verifyStore,
} from './store.ts';

/** Makes an embedded database: beside its place, and renamed there when it is verified. */
export async function bootstrapEmbedded(request: StoreRequest, decide: Decide): Promise<FoundStore> {
  const { target, onStep } = request;
  if (target.mode !== 'embedded') throw new Error('an embedded database was asked for on a server');
  const directory = join(target.dataDir, target.database);
  const plan = await decide(existsSync(join(directory, '.dolt')));
  if (plan.action === 'none') return { plan, made: undefined };
  const made = await makeEmbedded(directory, request, plan.source?.url);
  onStep(`put in place: ${directory}`);
  return { plan, made };
}

/**
 * Makes a database directory that is a clone of `remote`, or new.
 *
 * @param directory its last part is the name of the database
 */
export async function makeEmbedded(
  directory: string,
  request: StoreRequest,
  remote: string | undefined,
): Promise<BootstrapStore> {
  const { env, timeoutMs, onStep, onProgress, target } = request;
  const start = {
    doltBin: await request.findDolt(),
    doltHome: doltHome(env),
    env,
    database: target.database,
    purpose: 'first clone',
  };
  onStep(remote === undefined ? 'initializing the Dolt database' : `pulling from the remote ${shownUrl(remote)}`);
  const author = readAuthor(request.commitAuthor);
  return createEmbedded({ ...start, directory, author, remote, timeoutMs, onProgress }, async (at, cloned) => {
    if (!cloned && remote !== undefined) refuseEmptyRemote(request, remote);
    onStep(cloned ? 'pulled: the history of the remote is here' : 'initialized the Dolt database');
    const db = await openEmbedded({ ...start, directory: at, lockDirectory: lockDirectory({ dataDir: dirname(at) }) });
    try {
      if (!cloned) {
        await fillNew(db, request, remote);
        onStep('created initial Dolt commit');
      }
      return await verifyStore(db, request, cloned);
    } finally {
      await db.close();
    }
  });
}
