import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, systemErrorCode } from '../../errors.ts';
import { fileError, writeFileAtomic } from '../../util/atomic-write.ts';
import { makeDirectory } from '../../util/make-directory.ts';

/** What this clone knows of a peer's credentials. The password is encrypted with this clone's key. */
export interface StoredCredentials {
  readonly url: string;
  readonly username: string;
  /** Base64. */
  readonly password_encrypted: string;
}

type Stored = Readonly<Record<string, StoredCredentials>>;

/** Directory of what federation keeps in this clone, apart from other databases of the same `.beads`. */
export function federationDirectory(beadsDir: string, database: string): string {
  return join(beadsDir, 'federation', database);
}

/**
 * The credentials as this clone stored them. The rows of `federation_peers` travel to the peers and
 * come back changed by them, so they cannot tell for sure where a password may be sent.
 */
export async function readStored(directory: string, name: string): Promise<StoredCredentials | undefined> {
  const all = await readAll(directory);
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

/** Stores or, with undefined, forgets the credentials of a peer. The caller holds the write turn. */
export async function writeStored(directory: string, name: string, value?: StoredCredentials): Promise<void> {
  const { [name]: _, ...others } = await readAll(directory);
  await prepareDirectory(directory);
  const all = value === undefined ? others : { ...others, [name]: value };
  await writeFileAtomic(fileOf(directory), `${JSON.stringify(all, null, 2)}\n`, 0o600);
}

/** Makes the directory, and keeps git from taking anything in it. */
export async function prepareDirectory(directory: string): Promise<void> {
  await makeDirectory(directory).catch((error: unknown) => {
    throw fileError(error, `cannot make ${directory}`);
  });
  await writeFileAtomic(join(directory, '..', '.gitignore'), '*\n');
}

async function readAll(directory: string): Promise<Stored> {
  const path = fileOf(directory);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Stored;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return {};
    if (!(error instanceof SyntaxError)) throw fileError(error, `cannot read ${path}`);
    throw new AppError('CONFIG_INVALID', `${path} is damaged: ${error.message}`, {
      hint: 'remove it, and give the passwords again: bd federation set-credentials NAME',
      cause: error,
    });
  }
}

function fileOf(directory: string): string {
  return join(directory, 'credentials.json');
}
