import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../../util/atomic-write.ts';
import { counted, fine, listed } from '../../util/diagnosis.ts';
import { inspectProcess } from '../../util/process-identity.ts';
import { lockTickets } from '../../util/process-lock.ts';
import { lockDirectory } from '../workspace/connect.ts';
import type { Workspace, WorkspaceCheck } from './subject.ts';

/** A file being written: `NAME.PID.8 hex digits.tmp`. */
const TEMPORARY = /\.(\d+)\.[0-9a-f]{8}\.tmp$/;
const STAGING = /^\.(migrate|bootstrap|move|restore)-/;
/** A run that still works in its directory has changed something there within this time. */
const STAGING_AGE_MS = 3_600_000;
const LONG_HELD_MS = 60_000;

const leftovers: WorkspaceCheck = {
  name: 'Leftovers',
  category: 'Files',
  async examine({ beadsDir }) {
    const found = await leftoverFiles(beadsDir);
    if (found.length === 0) return fine('no unfinished files');
    return {
      status: 'warning',
      message: `${counted(found.length, 'file')} of commands that were killed`,
      detail: listed(found),
      fix: `rm -r ${found.join(' ')}`,
      mend: {
        changes: 'files',
        async run() {
          // Looked for again: what was left a moment ago may be another command's by now.
          const gone = (await leftoverFiles(beadsDir)).filter((path) => found.includes(path));
          for (const path of gone) {
            await rm(path, { recursive: true, force: true }).catch((error: unknown) => {
              throw fileError(error, `cannot remove ${path}`);
            });
          }
          return `removed ${gone.join(', ')}`;
        },
      },
    };
  },
};

async function leftoverFiles(beadsDir: string): Promise<string[]> {
  const names = await readdir(beadsDir);
  const checked = await Promise.all(
    names.map(async (name) => {
      const pid = Number(TEMPORARY.exec(name)?.[1] ?? 0);
      if (pid > 0) return (await inspectProcess(pid).catch(() => 'alive')) ? [] : [join(beadsDir, name)];
      if (!STAGING.test(name)) return [];
      const { mtimeMs } = await stat(join(beadsDir, name));
      return Date.now() - mtimeMs > STAGING_AGE_MS ? [join(beadsDir, name)] : [];
    }),
  );
  return checked.flat();
}

const locks: WorkspaceCheck = {
  name: 'Locks',
  category: 'Files',
  async examine(workspace) {
    const directory = lockOf(workspace);
    const [holder] = directory === undefined ? [] : await lockTickets(directory);
    if (!holder || directory === undefined) return fine('nobody holds the lock of the database');
    const seconds = Math.round((Date.now() - Date.parse(holder.since)) / 1000);
    const who = `pid ${holder.pid} (${holder.purpose}) on ${holder.host}, for ${seconds} s`;
    if (holder.judged === 'alive' && seconds * 1000 < LONG_HELD_MS) return fine(`held by ${who}`);
    if (holder.judged === 'dead') return fine(`left by ${who}: the next command takes it over`);
    return {
      status: 'warning',
      message: `the lock of the database is held by ${who}`,
      fix:
        holder.judged === 'alive'
          ? `wait for that process, or end it: kill ${holder.pid}`
          : `if that machine or container is gone for good: rm -r ${directory}`,
    };
  },
};

function lockOf({ location }: Workspace): string | undefined {
  return location.target.mode === 'embedded' ? lockDirectory(location.target) : undefined;
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
