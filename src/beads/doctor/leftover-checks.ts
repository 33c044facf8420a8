import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../../util/atomic-write.ts';
import { counted, fine, listed, shellWord } from '../../util/diagnosis.ts';
import type { LockHolder } from '../../util/lock-tickets.ts';
import type { Liveness } from '../../util/process-identity.ts';
import { lockTickets } from '../../util/process-lock.ts';
import { lockDirectory } from '../workspace/connect.ts';
import { leftoverFiles } from './leftover-files.ts';
import type { Workspace, WorkspaceCheck } from './subject.ts';

const LONG_HELD_MS = 60_000;

const leftovers: WorkspaceCheck = {
  name: 'Leftovers',
  category: 'Files',
  async examine(workspace) {
    const found = await leftoverFiles(workspace);
    if (found.length === 0) return fine('no unfinished files');
    return {
      status: 'warning',
      message: `${counted(found.length, 'file')} of commands that were killed`,
      detail: listed(found),
      fix: `rm -r ${found.map(shellWord).join(' ')}`,
      mend: {
        changes: 'files',
        async run() {
          // Looked for again: what was left a moment ago may be another command's by now.
          const gone = (await leftoverFiles(workspace)).filter((path) => found.includes(path));
          for (const path of gone) {
            await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch((error: unknown) => {
              throw fileError(error, `cannot remove ${path}`);
            });
          }
          return `removed ${gone.join(', ')}`;
        },
      },
    };
  },
};

const locks: WorkspaceCheck = {
  name: 'Locks',
  category: 'Files',
  async examine(workspace) {
    const held = await heldLocks(workspace);
    if (held.length === 0) return fine('nobody holds a lock of this workspace');
    const stuck = held.find(({ judged, ms }) => judged === 'unknown' || (judged === 'alive' && ms >= LONG_HELD_MS));
    if (!stuck) return fine(held.map(lockWords).join('; '));
    return {
      status: 'warning',
      message: lockWords(stuck),
      fix:
        stuck.judged === 'alive'
          ? `wait for that process, or end it: kill ${stuck.pid}`
          : `if that machine or container is gone for good: rm -r ${shellWord(stuck.directory)}`,
    };
  },
};

interface HeldLock extends LockHolder {
  readonly subject: string;
  readonly directory: string;
  readonly judged: Liveness;
  /** For how long. */
  readonly ms: number;
}

async function heldLocks({ beadsDir, location: { target } }: Workspace): Promise<HeldLock[]> {
  const places = [
    ...(target.mode === 'embedded' ? [{ subject: 'the database', directory: lockDirectory(target) }] : []),
    { subject: 'the workspace', directory: join(beadsDir, 'init.lock') },
    { subject: 'the settings', directory: join(beadsDir, 'config.lock') },
  ];
  const held = places.map(async (place) => {
    const [holder] = await lockTickets(place.directory);
    return holder ? [{ ...place, ...holder, ms: Date.now() - Date.parse(holder.since) }] : [];
  });
  return (await Promise.all(held)).flat();
}

function lockWords({ subject, judged, pid, purpose, host, ms }: HeldLock): string {
  const who = `pid ${pid} (${purpose}) on ${host}, for ${Math.round(ms / 1000)} s`;
  return judged === 'dead'
    ? `the lock of ${subject} was left by ${who}: the next command takes it over`
    : `the lock of ${subject} is held by ${who}`;
}

const storeOfGo: WorkspaceCheck = {
  name: 'Other Stores',
  category: 'Files',
  async examine({ beadsDir, location }) {
    const { target } = location;
    const used = target.mode === 'embedded' ? join(target.dataDir, target.database) : undefined;
    const stores: string[] = [];
    for (const kind of ['dolt', 'embeddeddolt']) {
      for (const name of await readdir(join(beadsDir, kind)).catch(() => [])) {
        const path = join(beadsDir, kind, name);
        const isStore = await readFile(join(path, '.dolt', 'repo_state.json'), 'utf8').catch(() => undefined);
        if (isStore !== undefined && path !== used) stores.push(path);
      }
    }
    if (stores.length === 0) return fine('one database belongs to this workspace');
    return {
      status: 'warning',
      message: `${counted(stores.length, 'database')} in .beads that this workspace does not use`,
      detail: listed(stores),
      fix: 'look into it with: bd --db PATH list   and remove or rename it when nothing in it is needed',
    };
  },
};

/** What other commands, or other modes, left in `.beads`. */
export const LEFTOVER_CHECKS: readonly WorkspaceCheck[] = [leftovers, locks, storeOfGo];
