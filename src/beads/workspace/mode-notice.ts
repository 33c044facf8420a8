import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { databasePath } from './describe.ts';
import { embeddedDataDir } from './endpoint.ts';
import type { Location } from './locate.ts';

/** What a change of `dolt.mode` or of the server means. */
export interface ModeNotice {
  /** The database that is used from now on. */
  readonly uses: string;
  /** Where data are that were not moved, and how to move them; for people. */
  readonly lines: readonly string[];
}

/** Settings that say which database is used. */
export const PLACE_SETTINGS: ReadonlySet<string> = new Set([
  'dolt.mode',
  'dolt.host',
  'dolt.port',
  'dolt.socket',
  'dolt.database',
  'dolt.data-dir',
]);

/**
 * Tells which database a workspace uses after its settings changed. Nothing is connected to.
 *
 * @param asked the mode that was asked for
 */
export function modeNotice(location: Location, asked?: string): ModeNotice {
  const { target, settings } = location;
  const uses = databasePath(location);
  const lines = [`bd uses ${uses} from now on. No data was moved.`];
  const mode = settings.get('dolt.mode');
  if (asked !== undefined && mode && mode.value !== asked) {
    lines.splice(0, 1, `bd uses ${uses} all the same: ${mode.from} says ${mode.value}.`);
  }
  const embedded = embeddedStore(location);
  if (target.mode === 'server' && embedded) {
    lines.push(`${embedded} stays as it is: bd dolt move --to server   copies it there, with its history`);
  }
  if (target.mode === 'embedded' && !embedded) {
    lines.push('It is not there yet: bd dolt move --to embedded   copies it from the server, with its history');
  }
  return { uses, lines };
}

/** The directory of the workspace's embedded database, also where a server is used. */
export function embeddedStore({ beadsDir, target, settings }: Location): string | undefined {
  if (beadsDir === undefined) return undefined;
  const { database } = target;
  const directory = join(embeddedDataDir(beadsDir, database, settings.value('dolt.data-dir')), database);
  return existsSync(join(directory, '.dolt')) ? directory : undefined;
}
