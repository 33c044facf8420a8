import { dirname } from 'node:path';
import psList from 'ps-list';
import { inspectProcess } from '../util/process-identity.ts';
import { isDoltProgram, realPath, serverDirectory } from './hand-started.ts';

/** A `dolt` process that works in a directory. */
export interface DoltProcess {
  readonly pid: number;
  readonly command: string;
}

/**
 * Finds the Dolt processes that work in a database's directory, or in the one above it and so on all
 * databases there, whoever started them: one of them holds its lock. For messages only; nothing is ever signalled because of it.
 *
 * @example (await findDoltProcesses('/town/beads')).map(({ pid, command }) => `pid ${pid}: ${command}`)
 */
export async function findDoltProcesses(directory: string): Promise<DoltProcess[]> {
  const places = [directory, dirname(directory)].map(realPath);
  const candidates = (await psList()).filter(({ name, cmd }) => name.startsWith('dolt') || cmd?.includes('dolt'));
  const inspected = await Promise.all(candidates.map(({ pid }) => inspectProcess(pid).catch(() => undefined)));
  const found = await Promise.all(
    inspected.map(async (details) => {
      if (!details || !isDoltProgram(details)) return [];
      if (!places.includes((await serverDirectory(details)) ?? '')) return [];
      return [{ pid: details.pid, command: details.argv.join(' ') }];
    }),
  );
  return found.flat();
}
