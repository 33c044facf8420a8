import { mkdir } from 'node:fs/promises';
import { AppError } from '../errors.ts';
import { type DoltProgram, runDolt } from './run-dolt.ts';

/**
 * Copies the history of a database to a directory from which others can clone it: a directory that
 * a Dolt works in cannot be a remote itself.
 *
 * @param database directory of the database; no process may hold it
 * @param to directory of the remote; made here
 * @returns the address of the remote
 * @throws AppError SQL_ERROR, DOLT_NOT_FOUND
 */
export async function copyToRemote(
  program: DoltProgram,
  database: string,
  to: string,
  branch: string,
): Promise<string> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  const url = `file://${to}`;
  for (const args of [
    ['remote', 'add', 'hand-over', url],
    ['push', 'hand-over', branch],
    ['remote', 'remove', 'hand-over'],
  ]) {
    const ended = await runDolt(program, args, database);
    if (ended.failed) throw new AppError('SQL_ERROR', `dolt ${args[0]} failed: ${ended.output}`);
  }
  return url;
}
