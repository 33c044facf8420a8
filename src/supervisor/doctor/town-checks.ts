import { statSync } from 'node:fs';
import { access, chmod, constants, readdir, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../../util/atomic-write.ts';
import { counted, fine, listed } from '../../util/diagnosis.ts';
import { unanswering } from '../town-status.ts';
import type { TownCheck } from './subject.ts';

const LOW_SPACE_BYTES = 1024 ** 3;

const dataDir: TownCheck = {
  name: 'Data Dir',
  category: 'Town',
  async examine({ paths }) {
    const denied = await access(paths.dataDir, constants.R_OK | constants.W_OK).catch((error: unknown) => error);
    if (!denied) return fine(paths.dataDir);
    throw fileError(denied, `cannot use ${paths.dataDir}`);
  },
};

const permissions: TownCheck = {
  name: 'Permissions',
  category: 'Town',
  async examine({ paths }) {
    const state = (await readdir(paths.stateDir).catch(() => [])).map((name) => join(paths.stateDir, name));
    const wrong = [
      ...[paths.dataDir, paths.gt].map((path) => ({ path, mode: 0o700 })),
      ...[paths.config, paths.supervisorState, ...state].map((path) => ({ path, mode: 0o600 })),
    ].filter(({ path }) => ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0);
    if (wrong.length === 0) return fine('nobody else can look into the town');
    return {
      status: 'warning',
      message: 'other users can look into the town, whose databases have no password',
      detail: listed(wrong.map(({ path }) => path)),
      fix: wrong.map(({ path, mode }) => `chmod ${mode.toString(8)} ${path}`).join(' && '),
      async mend() {
        for (const { path, mode } of wrong) {
          await chmod(path, mode).catch((error: unknown) => {
            throw fileError(error, `cannot change the permissions of ${path}`);
          });
        }
        return `closed to others: ${wrong.map(({ path }) => path).join(', ')}`;
      },
    };
  },
};

const dolt: TownCheck = {
  name: 'Dolt',
  category: 'Town',
  async examine({ findDolt, status }) {
    const { path, version, source } = await findDolt();
    const others = status.rigs.filter((rig) => rig.version !== null && rig.version !== version);
    if (others.length === 0) return fine(`${version} (${source}: ${path})`);
    return {
      status: 'warning',
      message: `Dolt ${version} is there, and ${counted(others.length, 'server')} still ${others.length === 1 ? 'runs' : 'run'} another version`,
      detail: listed(others.map((rig) => `${rig.rig}: ${rig.version}`)),
      fix: `gt dolt restart ${others.map(({ rig }) => rig).join(' ')}`,
    };
  },
};

const supervisor: TownCheck = {
  name: 'Supervisor',
  category: 'Town',
  async examine({ status }) {
    const { running, pid, uptime_seconds } = status.supervisor;
    if (pid !== null && uptime_seconds === null) throw unanswering(pid);
    if (running) return fine(`runs as pid ${pid}`);
    const alone = status.rigs.filter((rig) => rig.managed && rig.pid !== null);
    if (alone.length === 0) return fine('does not run: no rig is to be watched');
    return {
      status: 'error',
      message: `no supervisor runs: nobody starts ${counted(alone.length, 'server')} again when it dies`,
      detail: listed(alone.map((rig) => `${rig.rig}: pid ${rig.pid}`)),
      fix: `gt dolt start ${alone.map(({ rig }) => rig).join(' ')}   takes them over as they run`,
    };
  },
};

const disk: TownCheck = {
  name: 'Disk',
  category: 'Town',
  async examine({ paths, status }) {
    const space = await statfs(paths.dataDir).catch((error: unknown) => {
      throw fileError(error, `cannot ask for the space of ${paths.dataDir}`);
    });
    const free = space.bavail * space.bsize;
    const used = status.rigs.reduce((sum, rig) => sum + (rig.disk_bytes ?? 0), 0);
    const message = `${megabytes(free)} free; the databases take ${megabytes(used)}`;
    if (free >= LOW_SPACE_BYTES) return fine(message);
    const largest = [...status.rigs].sort((a, b) => (b.disk_bytes ?? 0) - (a.disk_bytes ?? 0));
    return {
      status: free < LOW_SPACE_BYTES / 10 ? 'error' : 'warning',
      message,
      detail: listed(largest.map((rig) => `${rig.rig}: ${megabytes(rig.disk_bytes ?? 0)}`)),
      fix: 'free some space on that disk: a server that cannot write ends',
    };
  },
};

const logs: TownCheck = {
  name: 'Logs',
  category: 'Town',
  async examine({ paths, config, status }) {
    const { maxBytes, keep } = config.logs;
    const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    const files = (await readdir(paths.logDir).catch(() => [])).map((name) => join(paths.logDir, name));
    const total = files.reduce((sum, path) => sum + size(path), 0);
    // The supervisor looks now and then: a log may pass its limit for a while.
    const large = files.filter((path) => size(path) > 2 * maxBytes);
    if (large.length === 0) return fine(`${megabytes(total)}; rotated at ${megabytes(maxBytes)}, ${keep} kept`);
    return {
      status: 'warning',
      message: `${counted(large.length, 'log')} beyond the limit of ${megabytes(maxBytes)}`,
      detail: listed(large.map((path) => `${path}: ${megabytes(size(path))}`)),
      fix: status.supervisor.running
        ? 'gt dolt logs --supervisor   tells why it is not rotated'
        : 'gt dolt start   its supervisor rotates them',
    };
  },
};

function megabytes(bytes: number): string {
  return bytes >= 1024 ** 3 ? `${(bytes / 1024 ** 3).toFixed(1)} GB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}

/** What concerns the town as a whole. */
export const TOWN_CHECKS: readonly TownCheck[] = [dataDir, permissions, dolt, supervisor, disk, logs];
