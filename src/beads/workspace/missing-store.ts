import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { finishPlacing, isReadyFor } from '../../database/backup/place.ts';
import { AppError } from '../../errors.ts';
import { acquireLock } from '../../util/process-lock.ts';
import { endpointText } from './endpoint.ts';
import type { Location } from './locate.ts';

// A restore or a move of a large database may be under way.
const LOCK_TIMEOUT_MS = 600_000;

/** Whether the embedded database that a workspace uses is not there. */
export function isMissing({ target }: Location): boolean {
  return target.mode === 'embedded' && !existsSync(join(target.dataDir, target.database, '.dolt'));
}

/**
 * Looks again for a database that is missing: it is for a moment while `bd restore` or `bd dolt move`
 * replaces it, and stays so when they are killed then. Waits for their end, or does their last step.
 *
 * @param locate reads the files of the workspace as they are now
 * @throws AppError NOT_INITIALIZED when the workspace was on a server before: its data are there, and
 *   an empty database must not be made in their place; LOCK_TIMEOUT
 */
export async function settleMissing(location: Location, locate: () => Promise<Location>): Promise<Location> {
  const { beadsDir } = location;
  if (beadsDir === undefined) return location;
  const settled = await whenNobodyReplaces(beadsDir, location, locate);
  const { metadata } = settled.settings;
  if (!isMissing(settled) || !metadata?.dolt_server_port || hasRemote(settled)) return settled;
  throw leftOnServer(settled, metadata.dolt_server_port);
}

/** A clone of the project's remote is not empty. */
function hasRemote({ settings }: Location): boolean {
  return ['sync.remote', 'sync.git-remote', 'dolt.remote'].some((key) => settings.value(key) !== undefined);
}

async function whenNobodyReplaces(beadsDir: string, location: Location, locate: () => Promise<Location>) {
  const directory = join(beadsDir, 'init.lock');
  const { target } = location;
  const isReady = target.mode === 'embedded' && isReadyFor(join(target.dataDir, target.database));
  // Whoever makes or replaces a database holds this lock, also when killed.
  if (!isReady && !existsSync(directory)) return location;
  const lock = await acquireLock({
    directory,
    purpose: 'looking for the database',
    subject: 'workspace',
    temporary: true,
    timeoutMs: LOCK_TIMEOUT_MS,
  });
  try {
    const found = await locate();
    if (found.target.mode === 'embedded') await finishPlacing(join(found.target.dataDir, found.target.database));
    return found;
  } finally {
    await lock.release();
  }
}

function leftOnServer({ target, settings }: Location, port: number): AppError {
  const at = endpointText({ host: settings.metadata?.dolt_server_host ?? '127.0.0.1', port });
  return new AppError(
    'NOT_INITIALIZED',
    `no beads database found: this workspace is in embedded mode, and its data are on the server at ${at}`,
    {
      hint: `bd dolt move --to embedded   copies "${target.database}" from there; bd config set dolt.mode server   uses it`,
    },
  );
}
