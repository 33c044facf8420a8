import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inspectProcess } from '../../util/process-identity.ts';
import { lockTickets } from '../../util/process-lock.ts';
import type { Workspace } from './subject.ts';

/** A file being written: `NAME.PID.8 hex digits.tmp`. */
const TEMPORARY = /\.(\d+)\.[0-9a-f]{8}\.tmp$/;

/** A directory in which commands make what they put in its place in the end. */
interface Workplace {
  readonly directory: string;
  /** Names of what is being made. */
  readonly drafts: RegExp;
  /** Held by whoever makes something. */
  readonly lock: string;
}

/**
 * What commands that were killed left in `.beads`: files and directories that nobody is going to
 * complete. What a living process may be at work on is not among them.
 */
export async function leftoverFiles(workspace: Workspace): Promise<string[]> {
  const found: string[] = [];
  for (const { directory, drafts, lock } of await workplaces(workspace)) {
    const names = await readdir(directory).catch(() => []);
    const unfinished = names.filter((name) => drafts.test(name));
    // A holder of whom nobody knows whether he lives may be at work as well.
    const idle = unfinished.length > 0 && (await lockTickets(lock)).every(({ judged }) => judged === 'dead');
    const temporary = await Promise.all(names.map(async (name) => ((await isAbandoned(name)) ? [name] : [])));
    found.push(...[...temporary.flat(), ...(idle ? unfinished : [])].map((name) => join(directory, name)));
  }
  return [...new Set(found)].sort();
}

async function workplaces({ beadsDir, location: { target } }: Workspace): Promise<Workplace[]> {
  const lock = join(beadsDir, 'init.lock');
  const stores = ['dolt', 'embeddeddolt'].map((name) => join(beadsDir, name));
  const configured = target.mode === 'embedded' ? [target.dataDir] : [];
  const kept = join(beadsDir, 'backup');
  const backups = (await readdir(kept).catch(() => [])).map((name) => join(kept, name));
  return [
    { directory: beadsDir, drafts: /^\.migrate-/, lock },
    ...[...new Set([...stores, ...configured, kept])].map((directory) => ({ directory, drafts: /^\.new-/, lock })),
    ...backups.map((directory) => ({ directory, drafts: /^\.check-/, lock: join(directory, '.lock.d') })),
  ];
}

async function isAbandoned(name: string): Promise<boolean> {
  const pid = Number(TEMPORARY.exec(name)?.[1] ?? 0);
  return pid > 0 && (await inspectProcess(pid).catch(() => 'alive')) === undefined;
}
