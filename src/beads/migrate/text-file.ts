import { appendFile } from 'node:fs/promises';
import type { SqlParameter } from '../../database/types.ts';
import { fileError } from '../../util/atomic-write.ts';
import { sqlTime } from '../dates.ts';

const ESCAPED: Readonly<Record<string, string>> = { '\0': '\\0', '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\' };

/** A line of the format that LOAD DATA reads by default. */
export function line(row: readonly SqlParameter[]): string {
  return `${row.map(fieldText).join('\t')}\n`;
}

/** Dolt takes this text for NULL, so a row that holds it must not come from a file. */
export function isLoadable(row: readonly SqlParameter[]): boolean {
  return !row.includes('NULL');
}

function fieldText(value: SqlParameter): string {
  if (value === null) return '\\N';
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (value instanceof Date) return sqlTime(value);
  return String(value).replace(/[\0\t\n\r\\]/g, (character) => ESCAPED[character] ?? character);
}

/**
 * Appends to a file of ours, which is made with mode 0600.
 *
 * @throws AppError DISK_FULL, IO_ERROR
 */
export async function writeText(path: string, text: string): Promise<void> {
  await appendFile(path, text, { mode: 0o600 }).catch((error: unknown) => {
    throw fileError(error, `cannot write ${path}`);
  });
}
