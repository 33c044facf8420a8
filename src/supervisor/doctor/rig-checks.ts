import { readFile, rm } from 'node:fs/promises';
import { findDoltProcesses } from '../../dolt/dolt-processes.ts';
import { portHolder } from '../../dolt/port-holder.ts';
import { databasesIn, holdsDatabase, isKnownRig } from '../../dolt/rig-database.ts';
import { verifyServer } from '../../dolt/server-process.ts';
import { readLiveState, rigsWithState } from '../../town/live-state.ts';
import { fileError } from '../../util/atomic-write.ts';
import { counted, fine, listed } from '../../util/diagnosis.ts';
import { isListening } from '../../util/is-listening.ts';
import { certificates } from './certificate-check.ts';
import type { Town, TownCheck } from './subject.ts';

const servers: TownCheck = {
  name: 'Servers',
  category: 'Rigs',
  async examine({ status }) {
    const ill = status.rigs.filter(
      (rig) => rig.state === 'failed' || rig.state === 'backoff' || (rig.state === 'running' && !rig.reachable),
    );
    const running = status.rigs.filter(({ state }) => state === 'running').length;
    if (ill.length === 0) return fine(`${running} of ${counted(status.rigs.length, 'rig')} running`);
    const words = ill.map((rig) => `${rig.rig}: ${rig.state}, ${rig.last_error ?? 'does not answer over SQL'}`);
    return {
      status: 'error',
      message: `${counted(ill.length, 'server')} ${ill.length === 1 ? 'does' : 'do'} not work`,
      detail: listed(words),
      fix: `gt dolt logs ${ill[0]?.rig}   shows why; gt dolt start ${ill[0]?.rig}   tries again`,
    };
  },
};

const stopped: TownCheck = {
  name: 'Restarts',
  category: 'Rigs',
  async examine({ status, paths }) {
    const states = await Promise.all(status.rigs.map(({ rig }) => readLiveState(paths, rig)));
    const died = status.rigs.filter(
      (rig, index) =>
        rig.state === 'stopped' && ['running', 'starting', 'backoff'].includes(states[index]?.state ?? ''),
    );
    if (died.length === 0) return fine('every rig that should run does');
    return {
      status: 'warning',
      message: `${counted(died.length, 'server')} died while no supervisor ran`,
      detail: listed(died.map(({ rig }) => rig)),
      fix: `gt dolt start ${died.map(({ rig }) => rig).join(' ')}`,
    };
  },
};

const foreign: TownCheck = {
  name: 'Foreign Servers',
  category: 'Rigs',
  async examine({ status }) {
    const others = status.rigs.filter((rig) => rig.state === 'foreign' || (rig.pid !== null && !rig.managed));
    if (others.length === 0) return fine('gt started every server itself');
    const words = await Promise.all(
      others.map(async (rig) => {
        const holder = rig.port === null ? undefined : await portHolder(rig.port);
        const who = holder
          ? `pid ${holder.pid} (${holder.argv.join(' ').slice(0, 120)})`
          : (rig.last_error ?? 'unknown');
        return `${rig.rig}: ${rig.state === 'foreign' ? 'its port is held by' : 'started by hand,'} ${who}`;
      }),
    );
    const [first] = others;
    return {
      status: others.some(({ state }) => state === 'foreign') ? 'error' : 'warning',
      message: `${counted(others.length, 'rig')} with a server that gt did not start`,
      detail: listed(words),
      fix:
        first?.state === 'foreign'
          ? `end that program, or give the rig another port: gt dolt start ${first.rig} --port N`
          : `gt dolt stop ${first?.rig} --force && gt dolt start ${first?.rig}   has gt look after it`,
    };
  },
};

const ports: TownCheck = {
  name: 'Ports',
  category: 'Rigs',
  async examine({ config, status }) {
    const taken: string[] = [];
    for (const rig of config.rigs) {
      const runs = status.rigs.some(({ rig: name, state }) => name === rig.name && state === 'running');
      const free = runs || rig.remotesapiPort === undefined || !(await isListening(rig.host, rig.remotesapiPort));
      if (!free) taken.push(`${rig.name}: remotesapi port ${rig.remotesapiPort}`);
    }
    const unset = config.rigs.filter(({ port }) => port === undefined).map(({ name }) => name);
    if (taken.length > 0) {
      return {
        status: 'error',
        message: 'ports of stopped rigs are held by other programs',
        detail: listed(taken),
        fix: 'end those programs, or: gt dolt start RIG --remotesapi-port N',
      };
    }
    return fine(
      unset.length === 0 ? 'every rig has a port of its own' : `${unset.join(', ')}: chosen at the first start`,
    );
  },
};

const databases: TownCheck = {
  name: 'Databases',
  category: 'Rigs',
  async examine({ paths, config }) {
    const found = await databasesIn(paths);
    const orphans = found.filter((name) => !config.rigs.some((rig) => rig.name === name));
    const missing: string[] = [];
    for (const { name } of config.rigs) {
      if (!(await holdsDatabase(paths, name)) && (await isKnownRig(paths, name))) missing.push(name);
    }
    if (orphans.length + missing.length === 0) return fine(`${counted(found.length, 'database')}, one for each rig`);
    return {
      status: missing.length > 0 ? 'error' : 'warning',
      message: missing.length > 0 ? 'databases that were there are gone' : 'databases that gt.yaml does not name',
      detail: listed([
        ...missing.map((name) => `${name}: ${paths.rig(name)} holds no database any more`),
        ...orphans.map((name) => `${name}: not in gt.yaml, so nobody serves it`),
      ]),
      fix:
        missing.length > 0
          ? `restore a backup of it into ${paths.rig(missing[0] ?? '')}`
          : `gt dolt start ${orphans[0]}   takes it in; or move it out of ${paths.dataDir}`,
    };
  },
};

const strays: TownCheck = {
  name: 'Stray Processes',
  category: 'Rigs',
  async examine({ paths, status }) {
    const known = new Set(status.rigs.map(({ pid }) => pid));
    const stray: string[] = [];
    for (const name of await databasesIn(paths)) {
      for (const { pid, command } of await findDoltProcesses(paths.rig(name))) {
        if (!known.has(pid)) stray.push(`pid ${pid} on ${name}: ${command.slice(0, 120)}`);
      }
    }
    if (stray.length === 0) return fine('no other Dolt works in the data dir');
    return {
      status: 'warning',
      message: `${counted(stray.length, 'Dolt process', 'Dolt processes')} in the data dir that gt does not know`,
      detail: listed(stray),
      fix: 'wait for it, or end it by its pid: it may hold the lock of a database',
    };
  },
};

const staleState: TownCheck = {
  name: 'Stale State',
  category: 'Rigs',
  async examine(town) {
    const stale = await staleStates(town);
    if (stale.length === 0) return fine('every state file is that of a rig');
    return {
      status: 'warning',
      message: `${counted(stale.length, 'state file')} of rigs that are not there`,
      detail: listed(stale.map((rig) => town.paths.state(rig))),
      fix: `rm ${stale.map((rig) => town.paths.state(rig)).join(' ')}`,
      async mend() {
        const gone = await staleStates(town);
        for (const rig of gone) {
          await rm(town.paths.state(rig), { force: true }).catch((error: unknown) => {
            throw fileError(error, `cannot remove ${town.paths.state(rig)}`);
          });
        }
        return `removed ${gone.map((rig) => town.paths.state(rig)).join(', ')}`;
      },
    };
  },
};

/** Rigs with a state file that gt.yaml does not name and whose server is surely dead. */
async function staleStates({ paths, config }: Town): Promise<string[]> {
  const stale: string[] = [];
  for (const rig of await rigsWithState(paths)) {
    if (config.rigs.some(({ name }) => name === rig)) continue;
    const live = await readLiveState(paths, rig);
    const broken =
      live === undefined && (await readFile(paths.state(rig), 'utf8').catch(() => undefined)) !== undefined;
    if (broken || live?.server === null || (live?.server && (await verifyServer(live.server)).result === 'dead')) {
      stale.push(rig);
    }
  }
  return stale;
}

/** What concerns single rigs. */
export const RIG_CHECKS: readonly TownCheck[] = [
  servers,
  stopped,
  foreign,
  ports,
  databases,
  certificates,
  strays,
  staleState,
];
