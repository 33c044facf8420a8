import { mkdirSync, readFileSync, type Stats } from 'node:fs';
import { basename, dirname } from 'node:path';
import { writeFileAtomic } from '../util/atomic-write.ts';
import { type DoltVersion, parseVersion } from './version.ts';

/** A program's file as it was when it told its version. */
interface KnownVersion {
  size: number;
  mtimeMs: number;
  inode: number;
  version: string;
}

type KnownVersions = Record<string, KnownVersion>;

/** Enough for every Dolt that a machine has; more are the paths of tests and of throw-away HOMEs. */
const LIMIT = 32;
/** Dolt is 100 MB and more; smaller files are wrappers, which may lead to another Dolt tomorrow. */
const SMALLEST_DOLT_BYTES = 4 * 1024 * 1024;

/**
 * The version that a program told before, so that it need not be run again: the file must be the
 * same by size, time of change and inode. A file of memories that is broken counts as none.
 *
 * @param file path of the file of memories
 * @param path real path of the program
 */
export function knownVersion(file: string, path: string, stats: Stats): DoltVersion | undefined {
  if (!isLasting(path, stats)) return undefined;
  const known = read(file)[path];
  if (known?.size !== stats.size || known.mtimeMs !== stats.mtimeMs || known.inode !== stats.ino) return undefined;
  return parseVersion(known.version);
}

/** Remembers a version. That it cannot be written (a read-only HOME) costs time and nothing else. */
export async function rememberVersion(file: string, path: string, stats: Stats, version: DoltVersion): Promise<void> {
  if (!isLasting(path, stats)) return;
  const { [path]: _, ...others } = read(file);
  const kept = Object.entries(others).slice(-(LIMIT - 1));
  const known: KnownVersion = { size: stats.size, mtimeMs: stats.mtimeMs, inode: stats.ino, version: version.text };
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    await writeFileAtomic(file, `${JSON.stringify(Object.fromEntries([...kept, [path, known]]), null, 2)}\n`);
  } catch {}
}

/** Version switchers put a small script, or a link to themselves, under the name `dolt`. */
function isLasting(path: string, stats: Stats): boolean {
  return stats.size >= SMALLEST_DOLT_BYTES && basename(path).startsWith('dolt');
}

function read(file: string): KnownVersions {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof content !== 'object' || content === null) return {};
    return Object.fromEntries(Object.entries(content).filter(isKnown));
  } catch {
    return {};
  }
}

function isKnown(entry: [string, unknown]): entry is [string, KnownVersion] {
  const value = entry[1];
  return typeof value === 'object' && value !== null && 'version' in value && typeof value.version === 'string';
}
