import type { Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import type { Beads } from '../beads.ts';
import { configuredSource } from '../bootstrap/plan.ts';
import { setSettings } from '../workspace/opened-config.ts';
import { loadSettings } from '../workspace/settings.ts';

/** A Dolt remote of the database. */
export interface DoltRemote {
  name: string;
  url: string;
}

/** The Dolt remotes, by name. */
export async function listRemotes({ db }: Pick<Beads, 'db'>): Promise<DoltRemote[]> {
  const rows = await db.query('SELECT name, url FROM dolt_remotes ORDER BY name');
  return rows.map((row) => ({ name: String(row['name']), url: String(row['url']) }));
}

/**
 * Adds a Dolt remote: a directory (`file://…`), a server's remotesapi (`http://host:8080/db`), a git
 * repository (`git+ssh://…`, `https://….git`), or what else Dolt knows. `origin` becomes
 * `sync.remote` in config.yaml, from which the clones of others begin. Adding the same again is no error.
 *
 * @throws AppError VALIDATION, ALREADY_EXISTS under another address, READ_ONLY
 * @example await addRemote(beads, { name: 'origin', url: 'file:///srv/issues' });
 */
export async function addRemote(beads: Beads, remote: DoltRemote): Promise<DoltRemote & { added: boolean }> {
  requireWritable(beads, 'dolt remote add');
  requireName(remote.name);
  refusePassword(remote.url);
  const known = await findRemote(beads.db, remote.name);
  if (known && !sameAddress(known.url, remote.url)) {
    throw new AppError('ALREADY_EXISTS', `the remote "${remote.name}" is ${known.url}; nothing was changed`, {
      hint: `bd dolt remote remove ${remote.name}   removes it; or choose another name`,
    });
  }
  if (!known) await call(beads.db, "CALL DOLT_REMOTE('add', ?, ?)", [remote.name, remote.url]);
  if (remote.name === 'origin' && beads.beadsDir !== undefined) await setSettings(beads, { 'sync.remote': remote.url });
  const added = (await findRemote(beads.db, remote.name)) ?? remote;
  return { ...added, added: !known };
}

/**
 * Removes a Dolt remote; what was fetched from it goes too. The remote itself stays as it is.
 *
 * @throws AppError NOT_FOUND, READ_ONLY
 */
export async function removeRemote(beads: Beads, name: string): Promise<DoltRemote> {
  requireWritable(beads, 'dolt remote remove');
  const known = await findRemote(beads.db, name);
  if (!known) throw unknownRemote(name, await listRemotes(beads));
  await call(beads.db, "CALL DOLT_REMOTE('remove', ?)", [name]);
  const { beadsDir, location } = beads;
  if (name === 'origin' && beadsDir !== undefined) {
    const { redirectedFrom, settings } = location;
    const now = await loadSettings({ beadsDir, redirectedFrom, env: settings.env });
    const configured = now.get('sync.remote');
    if (configured?.source === 'config.yaml' && sameAddress(configured.value, known.url)) {
      const { unsetSetting } = await import('../workspace/opened-config.ts');
      await unsetSetting(beads, 'sync.remote');
    }
  }
  return known;
}

/**
 * The remote that a push or pull means: the named one, else `origin`, else the only one. A remote
 * that only the settings name is added as `origin`.
 *
 * @throws AppError NOT_FOUND when there is none, VALIDATION when there are several and none is `origin`
 */
export async function chooseRemote(beads: Beads, name: string | undefined): Promise<DoltRemote> {
  const remotes = await listRemotes(beads);
  const found = remotes.find((remote) => remote.name === (name ?? 'origin'));
  if (found) return found;
  const configured = configuredSource(beads.location.settings);
  if (configured && (name === undefined || name === 'origin') && !beads.readonly) {
    await call(beads.db, "CALL DOLT_REMOTE('add', 'origin', ?)", [configured.url]);
    return (await findRemote(beads.db, 'origin')) ?? { name: 'origin', url: configured.url };
  }
  if (name !== undefined) throw unknownRemote(name, remotes);
  const [only, ...others] = remotes;
  if (only && others.length === 0) return only;
  if (!only) {
    throw new AppError('NOT_FOUND', 'no Dolt remote is configured', {
      hint: 'bd dolt remote add origin URL   adds one: file:///path, http(s)://host/name, git+ssh://host/repository',
    });
  }
  throw new AppError('VALIDATION', `there are ${remotes.length} remotes, and none is called origin`, {
    hint: `choose one: --remote ${remotes.map((remote) => remote.name).join('|')}`,
  });
}

/** Whether a push or pull that names no remote finds one: in the database, or in the settings. */
export async function hasRemote(beads: Pick<Beads, 'db' | 'location'>): Promise<boolean> {
  return (await listRemotes(beads)).length > 0 || configuredSource(beads.location.settings) !== undefined;
}

async function findRemote(db: Queryable, name: string): Promise<DoltRemote | undefined> {
  const [row] = await db.query('SELECT name, url FROM dolt_remotes WHERE name = ?', [name]);
  return row && { name: String(row['name']), url: String(row['url']) };
}

/** A procedure that changes the list of remotes: nothing of it is in Dolt's history. */
async function call(db: Queryable, sql: string, parameters: readonly string[]): Promise<void> {
  await db.query(sql, parameters);
}

function unknownRemote(name: string, remotes: readonly DoltRemote[]): AppError {
  const names = remotes.map((remote) => remote.name).join(', ');
  return new AppError('NOT_FOUND', `no remote "${name}"${names ? `; there is ${names}` : ''}`, {
    hint: `bd dolt remote add ${name} URL`,
  });
}

/** Dolt shows addresses in a form of its own: git remotes get their `git+`. */
function sameAddress(one: string, other: string): boolean {
  const plain = (url: string) =>
    url
      .replace(/^git\+/, '')
      .replace(/\/+$/, '')
      .replace('/./', '/');
  return plain(one) === plain(other) || plain(one) === `file://${plain(other)}`;
}

function requireName(name: string): void {
  if (/^[A-Za-z][\w-]{0,63}$/.test(name)) return;
  throw new AppError('VALIDATION', `"${name}" cannot be the name of a remote`, {
    hint: 'use letters, digits, - and _, beginning with a letter, 64 at most',
  });
}

function refusePassword(url: string): void {
  if (url.trim() === '' || url.startsWith('-')) throw new AppError('VALIDATION', `"${url}" is no address of a remote`);
  if (!/^[a-z+]+:\/\/[^/@]*:[^/@]*@/i.test(url)) return;
  throw new AppError('VALIDATION', 'the address holds a password, which would be written to tracked files', {
    hint: 'leave it out, and set DOLT_REMOTE_USER and DOLT_REMOTE_PASSWORD in the environment',
  });
}

function requireWritable(beads: Beads, command: string): void {
  if (beads.readonly) throw new AppError('READ_ONLY', `operation '${command}' is not allowed in read-only mode`);
}
