import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, systemErrorCode } from '../../errors.ts';
import { fileError, writeFileAtomic } from '../../util/atomic-write.ts';
import { acquireLock } from '../../util/process-lock.ts';
import { endOfLinks } from '../../util/write-target.ts';
import { setInText, unsetInText } from './config-edit.ts';
import { readSettingsText } from './config-text.ts';

export function configPath(beadsDir: string): string {
  return join(beadsDir, 'config.yaml');
}

/** Keys to set; undefined removes. */
export type ConfigEdit = ReadonlyMap<string, string | undefined>;

/**
 * Runs a change of `config.yaml` or `metadata.json` while no other process makes one.
 *
 * @throws AppError LOCK_TIMEOUT, IO_ERROR
 */
export async function withConfigLock<T>(beadsDir: string, change: () => Promise<T>): Promise<T> {
  const lock = await acquireLock({
    directory: join(beadsDir, 'config.lock'),
    temporary: true,
    purpose: `change of ${configPath(beadsDir)}`,
    timeoutMs: 10_000,
  });
  try {
    return await change();
  } finally {
    await lock.release();
  }
}

/**
 * Changes keys of `config.yaml` and keeps the rest of it, comments too; the file changes at once or
 * not at all. The caller holds the lock of `withConfigLock`.
 *
 * @returns whether the file changed
 * @throws AppError CONFIG_INVALID, IO_ERROR
 * @example await withConfigLock(dir, () => editConfig(dir, new Map([['dolt.mode', 'server']])));
 */
export async function editConfig(beadsDir: string, edit: ConfigEdit): Promise<boolean> {
  const path = configPath(beadsDir);
  const before = (await readConfigText(path)) ?? '';
  let text = before;
  for (const [key, value] of edit) {
    text = value === undefined ? await unsetInText(text, key) : await setInText(text, key, value);
  }
  if (text === before) return false;
  await assertReadsBack(path, text, edit);
  // It may be a link to a file that is kept elsewhere.
  await writeFileAtomic(await endOfLinks(path), text, 0o600);
  return true;
}

/** An edit that would not read back as meant is a defect: better refused than written. */
async function assertReadsBack(path: string, text: string, edit: ConfigEdit): Promise<void> {
  const settings = await readSettingsText(path, text);
  for (const [key, value] of edit) {
    if ((settings.get(key) ?? '') === (value ?? '')) continue;
    throw new AppError('INTERNAL', `${path}: ${key} cannot be written here`, { hint: `edit ${path} by hand` });
  }
}

async function readConfigText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw fileError(error, `cannot read ${path}`);
  }
}
