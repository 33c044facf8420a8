import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Location } from '../workspace/locate.ts';
import { type BootstrapPlan, planBootstrap } from './plan.ts';

/** What a first clone would do; nothing is changed. */
export async function previewBootstrap(location: Location): Promise<BootstrapPlan> {
  const { target } = location;
  if (target.mode === 'embedded') {
    return planBootstrap(location, existsSync(join(target.dataDir, target.database, '.dolt')));
  }
  const { connectWithoutDatabase, lookForStore } = await import('./server-store.ts');
  const connection = await connectWithoutDatabase(target);
  try {
    return await planBootstrap(location, (await lookForStore(connection, target.database)) === 'issues');
  } finally {
    await connection.close();
  }
}
