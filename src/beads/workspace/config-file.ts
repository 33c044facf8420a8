import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, systemErrorCode } from '../../errors.ts';
import { fileError, writeFileAtomic } from '../../util/atomic-write.ts';
import { acquireLock } from '../../util/process-lock.ts';
import { setInText, unsetInText } from './config-edit.ts';
import { readSettingsText } from './config-text.ts';

export function configPath(beadsDir: string): string {
  return join(beadsDir, 'config.yaml');
}

/** Keys to set; undefined removes. */
export type ConfigEdit = Readonly<Record<string, string | undefined>>;

/**
 * Changes keys of `config.yaml` and keeps the rest of it, comments too. Edits of several processes
 * take turns, so that none is lost; the file changes at once or not at all.
 *
 * @returns whether the file changed
 * @throws AppError CONFIG_INVALID, LOCK_TIMEOUT, IO_ERROR
 * @example await editConfig('/p/.beads', { 'dolt.mode': 'server', 'dolt.port': undefined });
 */
export async function editConfig(beadsDir: string, edit: ConfigEdit): Promise<boolean> {
  const path = configPath(beadsDir);
  const lock = await acquireLock({
    directory: join(beadsDir, 'config.lock'),
    purpose: `edit of ${path}`,
    timeoutMs: 10_000,
  });
  try {
    const before = await readConfigText(path);
    let text = before ?? '';
    for (const [key, value] of Object.entries(edit)) {
      text = value === undefined ? await unsetInText(text, key) : await setInText(text, key, value);
    }
    if (text === (before ?? '')) return false;
    await assertReadsBack(path, text, edit);
    await writeFileAtomic(path, text, 0o600);
    return true;
  } finally {
    await lock.release();
  }
}

/** An edit that would not read back as meant is a defect: better refused than written. */
async function assertReadsBack(path: string, text: string, edit: ConfigEdit): Promise<void> {
  const settings = await readSettingsText(path, text);
  for (const [key, value] of Object.entries(edit)) {
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
