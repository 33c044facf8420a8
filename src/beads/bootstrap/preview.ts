import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FindRig } from '../workspace/endpoint.ts';
import type { Location } from '../workspace/locate.ts';
import { type BootstrapPlan, planBootstrap } from './plan.ts';

export interface Preview {
  readonly plan: BootstrapPlan;
  /** With the server that was found, whose port may not be the recorded one. */
  readonly location: Location;
}

/** What a first clone would do; nothing is changed. */
export async function previewBootstrap(location: Location, findRig: FindRig): Promise<Preview> {
  const { target: configured } = location;
  if (configured.mode === 'embedded') {
    const { dataDir, database } = configured;
    return { plan: await planBootstrap(location, existsSync(join(dataDir, database, '.dolt'))), location };
  }
  const { placeOnServer } = await import('./place-on-server.ts');
  const { connectWithoutDatabase, lookForStore } = await import('./server-store.ts');
  const target = await placeOnServer(configured, location.settings, findRig);
  const found = { ...location, target };
  const connection = await connectWithoutDatabase(target);
  try {
    const exists = (await lookForStore(connection, target.database)) === 'issues';
    return { plan: await planBootstrap(found, exists), location: found };
  } finally {
    await connection.close();
  }
}
