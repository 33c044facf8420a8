import { connect } from 'node:net';
import { remoteError } from './remote-error.ts';

// How long to wait for the answer of a port, in ms; silence is left to Dolt, which waits longer.
const WAIT_MS = 2_000;

/**
 * Refuses a remotesapi at whose port nobody listens: Dolt would try again for some seconds, and many
 * commands that wait for each other would add them up. Not asked where a proxy stands between.
 *
 * @throws AppError REMOTE_UNREACHABLE
 */
export async function refuseClosedPort(doing: string, url: string, env: NodeJS.ProcessEnv): Promise<void> {
  if (!/^https?:\/\//i.test(url) || hasProxy(env)) return;
  const { hostname, port, protocol } = new URL(url);
  const number = Number(port) || (protocol === 'https:' ? 443 : 80);
  const host = hostname.replace(/^\[|\]$/g, '');
  if (await isRefused(host, number)) throw remoteError(doing, url, `connection refused at ${hostname}:${number}`);
}

function hasProxy(env: NodeJS.ProcessEnv): boolean {
  return Object.keys(env).some((name) => /^(https?|all)_proxy$/i.test(name) && env[name]);
}

function isRefused(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (refused: boolean) => {
      socket.destroy();
      resolve(refused);
    };
    socket.setTimeout(WAIT_MS, () => end(false));
    socket.once('connect', () => end(false));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED'));
  });
}
