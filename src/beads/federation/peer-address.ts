import { shownUrl } from '../../database/remote-url.ts';
import { AppError } from '../../errors.ts';
import { speaksTls } from '../../util/speaks-tls.ts';

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
/** What names of Dolt remotes begin with that exist only while a peer is synced. */
export const RELAY_PREFIX = 'federation-relay-';
const DOLTHUB = 'https://doltremoteapi.dolthub.com';
const SCHEMES = /^(?:https?|file|git\+(?:https?|ssh|file)|aws|gs|oci|az):\/\//i;

/**
 * Checks the name of a peer: it becomes a Dolt remote, a directory and a part of branch names.
 *
 * @throws AppError VALIDATION
 */
export function requirePeerName(name: string): void {
  if (name === 'origin') {
    throw new AppError('VALIDATION', '"origin" is the remote that this database was cloned from, not a peer', {
      hint: 'choose another name for the peer; origin is for bd dolt push and pull',
    });
  }
  if (NAME.test(name) && !name.startsWith(RELAY_PREFIX)) return;
  throw new AppError('VALIDATION', `invalid peer name: ${JSON.stringify(name)}`, {
    hint: 'begin with a letter, go on with letters, digits, - and _; 64 characters at most',
  });
}

/**
 * The address of a peer as Dolt takes it. `host:8080/beads` is a remotesapi over http, `org/repo` a
 * repository of DoltHub; `http(s)://`, `file://`, git's (`git+ssh://…`) and clouds' stay as they are.
 *
 * @throws AppError VALIDATION, also for an address with a user or password in it
 * @example peerUrl('192.168.1.100:8080/beads') // http://192.168.1.100:8080/beads
 */
export function peerUrl(address: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (address === '' || address.length > 1024 || /[\s\u0000-\u001f\u007f'"`\\<>]/.test(address)) throw refused(address);
  if (/^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}\/[^/]/.test(address))
    return checked(`http://${address}`, address);
  if (SCHEMES.test(address)) return checked(address, address);
  if (/^[A-Za-z0-9_-]+\/[A-Za-z0-9_.-]+$/.test(address)) return `${DOLTHUB}/${address}`;
  throw refused(address);
}

/**
 * The address of a peer, where `HOST:PORT/DATABASE` is https if TLS is spoken there, as a rig of
 * `gt dolt start --federation` does.
 *
 * @param secret whether a password goes there: then a peer that does not answer now counts as one with
 *   TLS, or its password would cross the network in clear text once it does
 * @returns also whether that was found out
 * @throws AppError VALIDATION
 */
export async function reachedUrl(address: string, secret: boolean): Promise<{ url: string; certain: boolean }> {
  const url = peerUrl(address);
  if (SCHEMES.test(address) || !url.startsWith('http://')) return { url, certain: true };
  const { hostname, port } = new URL(url);
  const answer = await speaksTls(hostname.replace(/^\[|\]$/g, ''), Number(port || 80));
  const tls = answer ?? secret;
  return { url: tls ? url.replace('http:', 'https:') : url, certain: answer !== undefined };
}

/** Whether the peer's side of the address knows users: Dolt's remotesapi does. */
export function takesCredentials(url: string): boolean {
  return /^https?:\/\//i.test(url);
}

/** Whether a password would travel to another machine in clear text. */
export function isOpenToListeners(url: string): boolean {
  if (!/^http:\/\//i.test(url)) return false;
  const { hostname } = new URL(url);
  return hostname !== 'localhost' && hostname !== '[::1]' && !/^127\./.test(hostname);
}

function checked(url: string, typed: string): string {
  if (!URL.canParse(url)) throw refused(typed);
  const { username, password, protocol, pathname, search, hash } = new URL(url);
  const git = protocol.startsWith('git+');
  if (password !== '' || (username !== '' && !git)) {
    throw new AppError('VALIDATION', 'the address of a peer must not hold a user or password', {
      hint: 'give the user with --user; the password is asked for, or read with --password-stdin',
    });
  }
  if (pathname.replace(/\/+$/, '') === '' || search !== '' || hash !== '') throw refused(typed);
  return url;
}

function refused(address: string): AppError {
  return new AppError('VALIDATION', `invalid peer address: ${JSON.stringify(shownUrl(address).slice(0, 200))}`, {
    hint: 'HOST:PORT/DATABASE, http(s)://HOST:PORT/DATABASE, file:///DIRECTORY or ORG/REPO of DoltHub',
  });
}
