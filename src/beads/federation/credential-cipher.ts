import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, systemErrorCode } from '../../errors.ts';
import { fileError } from '../../util/atomic-write.ts';

const KEY_FILE = '.beads-credential-key';
const [KEY_BYTES, NONCE_BYTES, TAG_BYTES] = [32, 12, 16];

/**
 * The key of this clone: the 32 raw bytes of `.beads/.beads-credential-key`. Format of the key and
 * of what it encrypts: the Go `bd` 1.0.3, which reads what we write.
 *
 * @returns undefined when there is none
 * @throws AppError IO_ERROR when it cannot be read or others may read it, CONFIG_INVALID when it is no key
 */
export async function readCredentialKey(beadsDir: string): Promise<Buffer | undefined> {
  // The second is where older versions kept it.
  for (const path of [join(beadsDir, KEY_FILE), join(beadsDir, 'dolt', KEY_FILE)]) {
    const key = await readKey(path);
    if (key) return key;
  }
  return undefined;
}

/** The key of this clone; it is made where there is none. */
export async function obtainCredentialKey(beadsDir: string): Promise<Buffer> {
  const existing = await readCredentialKey(beadsDir);
  if (existing) return existing;
  const path = join(beadsDir, KEY_FILE);
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await writeFile(draft, randomBytes(KEY_BYTES), { mode: 0o600, flag: 'wx' });
    // Unlike rename, it leaves the key of a process that was faster.
    await link(draft, path).catch((error: unknown) => {
      if (systemErrorCode(error) !== 'EEXIST') throw error;
    });
  } catch (error) {
    throw fileError(error, `cannot write ${path}`);
  } finally {
    await rm(draft, { force: true });
  }
  const key = await readKey(path);
  if (!key) throw new AppError('IO_ERROR', `${path} was removed by somebody else`);
  return key;
}

/** AES-256-GCM: 12 random bytes of nonce, the encrypted text, 16 bytes of tag. */
export function encrypt(key: Buffer, text: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

/** @returns undefined when it was encrypted with another key, or changed since */
export function decrypt(key: Buffer, secret: Buffer): string | undefined {
  if (secret.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, secret.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(secret.subarray(-TAG_BYTES));
  try {
    const text = decipher.update(secret.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

async function readKey(path: string): Promise<Buffer | undefined> {
  let key: Buffer;
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0 && process.platform !== 'win32') {
      throw new AppError('IO_ERROR', `other users may read the key ${path}`, { hint: `chmod 600 ${path}` });
    }
    key = await readFile(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw fileError(error, `cannot read ${path}`);
  }
  if (key.length === KEY_BYTES) return key;
  throw new AppError('CONFIG_INVALID', `${path} is no key: it has ${key.length} bytes, not ${KEY_BYTES}`, {
    hint: 'put the right one back from a backup; or remove it and give the passwords again: bd federation set-credentials NAME',
  });
}
