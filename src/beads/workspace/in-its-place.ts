import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import type { Location } from './locate.ts';
import { PLACE_SETTINGS } from './mode-notice.ts';
import { loadSettings, type Settings } from './settings.ts';

const FILES = ['metadata.json', 'config.yaml', 'config.local.yaml'];

/**
 * The database, with a look at the settings in each turn to write: who waited for the turn while
 * `bd dolt move` had it must not write to the database that was left.
 *
 * @throws AppError CONFLICT from a transaction, which has then written nothing
 */
export function inItsPlace(db: Database, location: Location): Database {
  const { beadsDir, settings, redirectedFrom } = location;
  if (beadsDir === undefined) return db;
  const place = placeOf(settings);
  let seen = stateOf(beadsDir);

  async function check(dir: string): Promise<void> {
    const state = stateOf(dir);
    if (state === seen) return;
    const now = await loadSettings({ beadsDir: dir, env: settings.env, redirectedFrom });
    if (placeOf(now) !== place) throw moved(dir);
    seen = state;
  }

  return {
    ...db,
    transaction: (work, options) =>
      db.transaction(async (tx) => {
        if (options?.kind !== 'read') await check(beadsDir);
        return work(tx);
      }, options),
  };
}

/** Two calls of some microseconds: the files change seldom. */
function stateOf(beadsDir: string): string {
  return FILES.map((name) => {
    const found = statSync(join(beadsDir, name), { throwIfNoEntry: false });
    return found ? `${found.ino}:${found.size}:${found.mtimeMs}` : '';
  }).join();
}

function placeOf(settings: Settings): string {
  return JSON.stringify([...PLACE_SETTINGS].map((key) => settings.value(key) ?? null));
}

function moved(beadsDir: string): AppError {
  return new AppError('CONFLICT', `${beadsDir} uses another database since a moment ago; nothing was written`, {
    hint: 'run the command again',
  });
}
