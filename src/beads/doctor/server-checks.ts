import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { fileURLToPath } from 'node:url';
import { writeLockName } from '../../database/write-turn.ts';
import { counted, fine, listed } from '../../util/diagnosis.ts';
import { endpointText } from '../workspace/endpoint.ts';
import type { DatabaseCheck } from './subject.ts';

const REMOTE_TIMEOUT_MS = 5_000;
/** Databases that test suites of the Go `bd` make. */
const OF_TESTS = /^(testdb_|beads_test|beads_pt|beads_vr|doctest_|doctortest_)/;

const remotes: DatabaseCheck = {
  name: 'Remotes',
  category: 'Remotes',
  async examine({ db }) {
    const rows = await db.query('SELECT name, url FROM dolt_remotes ORDER BY name');
    if (rows.length === 0) return fine('no Dolt remote is configured');
    const asked = await Promise.all(
      rows.map(async (row) => {
        const url = String(row['url']);
        return { name: String(row['name']), url, problem: await problemOf(url) };
      }),
    );
    const lost = asked.filter(({ problem }) => problem !== undefined);
    if (lost.length === 0) return fine(`${counted(asked.length, 'remote')} can be reached`);
    return {
      status: 'warning',
      message: `${counted(lost.length, 'remote')} cannot be reached`,
      detail: listed(lost.map(({ name, url, problem }) => `${name} (${withoutPassword(url)}): ${problem}`)),
      fix: `bd dolt remote list; correct it, or: bd dolt remote remove ${lost[0]?.name}`,
    };
  },
};

/** Why a remote cannot be reached, or undefined: a directory is looked for, a host is connected to. */
async function problemOf(text: string): Promise<string | undefined> {
  let url: URL;
  try {
    url = new URL(text.replace(/^git\+/, ''));
  } catch {
    return undefined;
  }
  if (url.protocol === 'file:') return existsSync(fileURLToPath(url)) ? undefined : 'that directory is not there';
  const ports: Record<string, number> = { 'http:': 80, 'https:': 443, 'ssh:': 22 };
  const port = Number(url.port) || ports[url.protocol];
  if (!port || !url.hostname) return undefined;
  return new Promise((resolve) => {
    const socket = createConnection({ host: url.hostname, port, timeout: REMOTE_TIMEOUT_MS });
    const end = (problem?: string) => {
      socket.destroy();
      resolve(problem);
    };
    socket.once('connect', () => end());
    socket.once('error', (error) => end(error.message));
    socket.once('timeout', () => end(`no answer within ${REMOTE_TIMEOUT_MS / 1000} s`));
  });
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}

const databases: DatabaseCheck = {
  name: 'Server Databases',
  category: 'Server',
  async examine({ db, state }) {
    const names = (await db.query('SHOW DATABASES')).map((row) => String(Object.values(row)[0]));
    const others = names.filter((name) => name !== db.name && !['information_schema', 'mysql'].includes(name));
    const sameProject: string[] = [];
    for (const name of others) {
      const quoted = `\`${name.replaceAll('`', '``')}\``;
      const [row] = await db
        .query(`SELECT value FROM ${quoted}.metadata WHERE \`key\` = '_project_id'`)
        .catch(() => []);
      if (state.projectId && row?.['value'] === state.projectId) sameProject.push(name);
    }
    const ofTests = others.filter((name) => OF_TESTS.test(name));
    if (sameProject.length + ofTests.length === 0)
      return fine(`${counted(others.length + 1, 'database')} on the server`);
    return {
      status: 'warning',
      message: 'databases on the server that should not be there',
      detail: listed([
        ...sameProject.map((name) => `${name}: holds this project too; issues may have gone to either`),
        ...ofTests.map((name) => `${name}: left by tests`),
      ]),
      fix: 'look into each, back it up, then: gt dolt sql -q "DROP DATABASE `NAME`"',
    };
  },
};

const townRig: DatabaseCheck = {
  name: 'Town',
  category: 'Server',
  async examine({ target, findRig, db }) {
    if (target.mode !== 'server') return fine('embedded: no server is used');
    const rig = await findRig(db.name);
    if (!rig) return fine(`no rig of the town is called ${db.name}`);
    const { endpoint } = target;
    if (endpoint.socket || (rig.port === endpoint.port && !endpoint.socket)) {
      return fine(`rig ${rig.rig} of the town serves it at ${endpointText(endpoint)}`);
    }
    return {
      status: 'warning',
      message: `the town serves the database "${db.name}" at ${rig.host}:${rig.port}, and this workspace uses ${endpointText(endpoint)}`,
      fix: `bd config set dolt.port ${rig.port}   when the town’s is the right one`,
    };
  },
};

const turn: DatabaseCheck = {
  name: 'Write Turn',
  category: 'Server',
  async examine({ db }) {
    const [row] = await db.query('SELECT IS_USED_LOCK(?) AS holder', [writeLockName(db.name)]);
    const holder = row?.['holder'];
    return fine(holder === undefined ? 'nobody is writing' : `connection ${holder} is writing`);
  },
};

/** Whether what the history is shared with can be reached. */
export const REMOTE_CHECKS: readonly DatabaseCheck[] = [remotes];
/** Of a server: `--server`, and wherever the workspace uses one. */
export const SERVER_CHECKS: readonly DatabaseCheck[] = [databases, townRig, turn];
