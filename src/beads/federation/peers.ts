import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../errors.ts';
import type { Beads } from '../beads.ts';
import { write } from '../write/write.ts';
import { decrypt, encrypt, obtainCredentialKey, readCredentialKey } from './credential-cipher.ts';
import { peerUrl, RELAY_PREFIX, requirePeerName, takesCredentials } from './peer-address.ts';
import { federationDirectory, readStored, type StoredCredentials, writeStored } from './secret-store.ts';

/** What is needed of an open database to deal with its peers without writing to it. */
export type TownDatabase = Pick<Beads, 'db' | 'beadsDir' | 'location'>;

export type Sovereignty = 'T1' | 'T2' | 'T3' | 'T4';

/** Another installation that this one syncs with. */
export interface Peer {
  readonly name: string;
  readonly url: string;
  /** Who we are at the peer; absent where nobody is asked. */
  readonly username: string | undefined;
  /** `T1` to `T4`, or empty. */
  readonly sovereignty: string;
}

export interface NewPeer {
  readonly name: string;
  /** See `peerUrl`. */
  readonly address: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly sovereignty?: Sovereignty | undefined;
}

/** The directory that federation works in, and keeps this clone's secrets in. */
export function directoryOf(beads: TownDatabase): { beadsDir: string; directory: string } {
  const { beadsDir } = beads;
  if (beadsDir !== undefined) return { beadsDir, directory: federationDirectory(beadsDir, beads.db.name) };
  throw new AppError(
    'NOT_INITIALIZED',
    'federation needs a .beads directory, and this database was named without one',
    {
      hint: 'run the command in the directory of the project',
    },
  );
}

/** The peers: the Dolt remotes of this clone but `origin`, sorted by name. */
export async function listPeers(beads: TownDatabase): Promise<Peer[]> {
  const rows = await beads.db.query(
    `SELECT r.name, r.url, p.username, p.sovereignty FROM dolt_remotes r
      LEFT JOIN federation_peers p ON p.name = r.name AND p.remote_url = r.url
      WHERE r.name <> 'origin' ORDER BY r.name`,
  );
  const peers = rows.filter((row) => !String(row['name']).startsWith(RELAY_PREFIX));
  return Promise.all(
    peers.map(async (row) => {
      const [name, url] = [String(row['name']), String(row['url'])];
      const own = beads.beadsDir && (await readStored(directoryOf(beads).directory, name));
      const username = own && own.url === url ? own.username : String(row['username'] ?? '');
      return { name, url, username: username || undefined, sovereignty: String(row['sovereignty'] ?? '') };
    }),
  );
}

/** @throws AppError NOT_FOUND */
export async function requirePeer(beads: TownDatabase, name: string): Promise<Peer> {
  const peers = await listPeers(beads);
  const found = peers.find((peer) => peer.name === name);
  if (found) return found;
  const known = peers.map((peer) => peer.name).join(', ');
  throw new AppError('NOT_FOUND', `no federation peer "${name}"`, {
    hint: known === '' ? 'bd federation add-peer NAME URL   adds one' : `the peers are: ${known}`,
  });
}

/**
 * Adds a peer: a Dolt remote of this clone, a row for the Go `bd`, and its credentials. Adding it
 * again with the same address changes its credentials.
 *
 * @throws AppError VALIDATION, ALREADY_EXISTS when the name has another address
 * @example await addPeer(beads, { name: 'beta', address: 'host:8080/beads', user: 'sync-bot', password });
 */
export async function addPeer(beads: Beads, peer: NewPeer): Promise<Peer> {
  requirePeerName(peer.name);
  const url = peerUrl(peer.address);
  const { name, user, sovereignty = '' } = peer;
  if (user !== undefined && !takesCredentials(url)) {
    throw new AppError('VALIDATION', `a peer at ${url} asks for no user`, { hint: 'leave --user out' });
  }
  const stored = user === undefined ? undefined : await seal(beads, url, user, peer.password ?? '');
  await addRemote(beads, name, url);
  const secret = stored ? Buffer.from(stored.password_encrypted, 'base64').toString('hex') : null;
  await write(beads, 'federation add-peer', async (w) => {
    await w.tx.execute(
      `INSERT INTO federation_peers (name, remote_url, username, password_encrypted, sovereignty, created_at, updated_at)
        VALUES (?, ?, ?, UNHEX(?), ?, ?, ?) ON DUPLICATE KEY UPDATE remote_url = VALUES(remote_url),
        username = VALUES(username), password_encrypted = VALUES(password_encrypted),
        sovereignty = VALUES(sovereignty), updated_at = VALUES(updated_at)`,
      [name, url, user ?? null, secret, sovereignty, w.now, w.now],
    );
    w.changed('federation_peers');
    w.did('federation add-peer', name);
    w.provedBy(async (db) => (await db.query('SELECT 1 FROM federation_peers WHERE name = ?', [name])).length > 0);
  });
  await writeStored(directoryOf(beads).directory, name, stored);
  return { name, url, username: user, sovereignty };
}

/**
 * Gives a peer other credentials.
 *
 * @throws AppError NOT_FOUND, VALIDATION
 */
export async function setCredentials(
  beads: Beads,
  name: string,
  credentials: { user: string; password: string },
): Promise<Peer> {
  const { url, sovereignty } = await requirePeer(beads, name);
  return addPeer(beads, { ...credentials, name, address: url, sovereignty: (sovereignty || undefined) as Sovereignty });
}

/** Forgets a peer, its credentials, and what was fetched from it; merged issues stay. */
export async function removePeer(beads: Beads, name: string): Promise<void> {
  await requirePeer(beads, name);
  await write(beads, 'federation remove-peer', async (w) => {
    await w.tx.execute('DELETE FROM federation_peers WHERE name = ?', [name]);
    w.changed('federation_peers');
    w.did('federation remove-peer', name);
    w.provedBy(async (db) => (await db.query('SELECT 1 FROM federation_peers WHERE name = ?', [name])).length === 0);
  });
  await beads.db.query("CALL DOLT_REMOTE('remove', ?)", [name]);
  const { directory } = directoryOf(beads);
  await writeStored(directory, name);
  if (NAME_IS_DIRECTORY.test(name)) await rm(join(directory, name), { recursive: true, force: true });
}

/** A remote that was made with another tool may be called `../..`. */
const NAME_IS_DIRECTORY = /^[A-Za-z][A-Za-z0-9_-]*$/;

/**
 * The password of a peer.
 *
 * @returns undefined where the peer has no user
 * @throws AppError ACCESS_DENIED when the key is lost, or another one than it was encrypted with
 */
export async function passwordOf(beads: TownDatabase, peer: Peer): Promise<string | undefined> {
  if (peer.username === undefined) return undefined;
  const { beadsDir, directory } = directoryOf(beads);
  const secret = await secretOf(beads, directory, peer);
  if (!secret) throw unreadable(peer.name, 'none is stored');
  const key = await readCredentialKey(beadsDir);
  if (!key) throw unreadable(peer.name, `the key ${join(beadsDir, '.beads-credential-key')} is lost`);
  const password = decrypt(key, secret);
  if (password === undefined) throw unreadable(peer.name, 'it was encrypted with another key than that of this clone');
  return password;
}

async function secretOf(beads: TownDatabase, directory: string, peer: Peer): Promise<Buffer | undefined> {
  const own = await readStored(directory, peer.name);
  if (own?.url === peer.url) return Buffer.from(own.password_encrypted, 'base64');
  const [row] = await beads.db.query(
    'SELECT HEX(password_encrypted) AS secret FROM federation_peers WHERE name = ? AND remote_url = ?',
    [peer.name, peer.url],
  );
  return typeof row?.['secret'] === 'string' ? Buffer.from(row['secret'], 'hex') : undefined;
}

function unreadable(name: string, why: string): AppError {
  return new AppError('ACCESS_DENIED', `cannot read the password of the peer ${name}: ${why}`, {
    hint: `give it again: bd federation set-credentials ${name} --user USER`,
  });
}

async function seal(beads: Beads, url: string, username: string, password: string): Promise<StoredCredentials> {
  if (username === '' || username.length > 255)
    throw new AppError('VALIDATION', 'the user has no name, or too long a one');
  const key = await obtainCredentialKey(directoryOf(beads).beadsDir);
  return { url, username, password_encrypted: encrypt(key, password).toString('base64') };
}

async function addRemote(beads: Beads, name: string, url: string): Promise<void> {
  if (beads.readonly)
    throw new AppError('READ_ONLY', "operation 'federation add-peer' is not allowed in read-only mode");
  const [remote] = await beads.db.query('SELECT url FROM dolt_remotes WHERE name = ?', [name]);
  if (!remote) await beads.db.query("CALL DOLT_REMOTE('add', ?, ?)", [name, url]);
  else if (remote['url'] !== url) {
    throw new AppError('ALREADY_EXISTS', `there is a peer ${name} already, at ${remote['url']}`, {
      hint: `bd federation remove-peer ${name}   first; or choose another name`,
    });
  }
}
