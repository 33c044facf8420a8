import { join } from 'node:path';
import { ConnectionLostError, SqlError } from '../../database/sql-error.ts';
import { AppError } from '../../errors.ts';
import { backupsHere } from './backups-here.ts';
import type { Location } from './locate.ts';

/**
 * The error of an embedded database that is there and cannot be read, told with what to do: its
 * files are damaged, or some of them are gone.
 *
 * @returns any other error as it is
 */
export function withWayToRepair(error: unknown, location: Location): unknown {
  const { target, beadsDir, settings } = location;
  if (target.mode !== 'embedded' || !isUnreadable(error)) return error;
  const directory = join(target.dataDir, target.database);
  const backup = beadsDir && backupsHere(beadsDir).at(-1);
  const hasRemote = ['sync.remote', 'dolt.remote'].some((key) => settings.value(key) !== undefined);
  const ways = [
    'bd doctor --deep   tells what is damaged',
    ...(backup ? [`bd restore ${backup}   takes a backup back`] : []),
    ...(hasRemote
      ? [
          `mv ${target.dataDir} ${target.dataDir}.corrupt.backup && bd list   clones it again, without what was not pushed`,
        ]
      : []),
  ];
  return new AppError(
    'IO_ERROR',
    error.message.includes(directory) ? error.message : `the database ${directory} cannot be read: ${error.message}`,
    {
      hint: ways.join('; '),
      cause: error,
    },
  );
}

/** Dolt has many words for it; what else is wrong has a code of its own, or a hint. */
function isUnreadable(error: unknown): error is AppError {
  if (error instanceof ConnectionLostError) return error.code === 'SERVER_UNREACHABLE';
  if (error instanceof SqlError) return error.code === 'SQL_ERROR' || error.code === 'IO_ERROR';
  return error instanceof AppError && error.code === 'IO_ERROR' && error.hint === undefined;
}
