import { shownUrl } from '../../database/remote-url.ts';
import { AppError } from '../../errors.ts';
import { backupsHere } from '../workspace/backups-here.ts';
import type { Location } from '../workspace/locate.ts';
import type { OpenDirectory } from '../workspace/open.ts';
import { townRigFinder } from '../workspace/town-rig.ts';
import { type BootstrapResult, bootstrapWorkspace } from './bootstrap.ts';
import { isFreshClone, isInGitOrigin, wasUsed } from './plan.ts';

/**
 * The first command in a clone finds no database: makes it, where the workspace is one that others
 * know and nobody named another database.
 *
 * @returns whether there is one now; if not, opening tells what is missing
 * @throws what `bootstrapWorkspace` throws
 */
export async function bootstrapOnOpen(
  location: Location,
  options: OpenDirectory,
  locate: () => Promise<Location>,
): Promise<boolean> {
  const { env } = location.settings;
  const named = options.db || env['BEADS_DB'] || env['BD_DB'];
  if (options.bootstrap === false || (named && location.source !== 'flag')) return false;
  if (!isFreshClone(location) && !(await isInGitOrigin(location))) return false;
  if (options.readonly) {
    throw new AppError('NOT_INITIALIZED', 'this clone has no database yet, and one is not made in read-only mode', {
      hint: 'run the command without --readonly; bd bootstrap --dry-run   shows what it does then',
    });
  }
  const { findDolt, purpose, actor, onProgress, findRig = townRigFinder(env, options.dir) } = options;
  const debug = env['BD_DEBUG'] && !/^(0|false|no|off)$/i.test(env['BD_DEBUG']);
  const onStep = debug ? (text: string) => options.onWarning?.(`bootstrap: ${text}`) : undefined;
  const used = wasUsed(location.beadsDir ?? '');
  const result = await bootstrapWorkspace({ locate, findDolt, findRig, purpose, actor, onProgress, onStep });
  for (const line of bootstrapNotice(result, location.beadsDir, used)) options.onWarning?.(line);
  return true;
}

/** What everybody should know of a database that was made behind a command. */
function bootstrapNotice(
  { made, source, database, jsonlFile }: BootstrapResult,
  beadsDir = '',
  used = false,
): string[] {
  if (!made) return [];
  if (made.cloned) {
    const what = `${made.issues} issues from ${shownUrl(source?.url ?? '')} in ${database}`;
    return [used ? `Cloned again, for it was gone: ${what}; what was not pushed is not in it` : `First clone: ${what}`];
  }
  const jsonl = jsonlFile ? [`${jsonlFile} is not in it; to take its issues over: bd import`] : [];
  const why = source ? `since its remote ${shownUrl(source.url)} is empty` : 'since no Dolt remote is configured';
  // It was no first clone: what is gone may be taken back.
  const backups = backupsHere(beadsDir).map((path) => `a backup of an earlier database is there: bd restore ${path}`);
  return [`First clone: made an empty database ${database}, ${why}`, ...jsonl, ...backups];
}
