import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, systemErrorCode } from '../../errors.ts';
import { fileError, writeFileAtomic } from '../../util/atomic-write.ts';
import { endOfLinks } from '../../util/write-target.ts';

/**
 * `.beads/metadata.json`: which database belongs to this directory. Shared with the Go `bd`, whose
 * names and order of keys these are; keys that we do not know are kept.
 */
export interface Metadata {
  /** `dolt`; `beads.db` in a workspace that still has its SQLite file. */
  database?: string;
  backend?: string;
  dolt_mode?: string;
  dolt_server_host?: string;
  dolt_server_port?: number;
  dolt_server_socket?: string;
  dolt_server_user?: string;
  dolt_server_tls?: boolean;
  /** Name of the SQL database. */
  dolt_database?: string;
  dolt_data_dir?: string;
  /** UUID that the database's `metadata._project_id` repeats. */
  project_id?: string;
  [other: string]: unknown;
}

const ORDER = [
  'database',
  'backend',
  'dolt_mode',
  'dolt_server_host',
  'dolt_server_port',
  'dolt_server_socket',
  'dolt_server_user',
  'dolt_server_tls',
  'dolt_database',
  'dolt_data_dir',
  'dolt_remotesapi_port',
  'project_id',
];

export function metadataPath(beadsDir: string): string {
  return join(beadsDir, 'metadata.json');
}

/**
 * Reads `metadata.json`.
 *
 * @returns undefined when there is none
 * @throws AppError CONFIG_INVALID when it is not a JSON object, IO_ERROR
 */
export function readMetadata(beadsDir: string): Metadata | undefined {
  const path = metadataPath(beadsDir);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw fileError(error, `cannot read ${path}`);
  }
  try {
    return asMetadata(JSON.parse(text));
  } catch (error) {
    throw new AppError(
      'CONFIG_INVALID',
      `${path} is not a JSON object: ${error instanceof Error ? error.message : ''}`,
      {
        hint: `repair it, or restore it from git: git checkout -- ${path}`,
        cause: error,
      },
    );
  }
}

/** Writes `metadata.json` in the form of the Go `bd`: two spaces, no newline at the end, mode 0600. */
export async function writeMetadata(beadsDir: string, metadata: Metadata): Promise<void> {
  await writeFileAtomic(await endOfLinks(metadataPath(beadsDir)), metadataText(metadata), 0o600);
}

export function metadataText(metadata: Metadata): string {
  const known = ORDER.filter((key) => metadata[key] !== undefined);
  const others = Object.keys(metadata).filter((key) => !ORDER.includes(key));
  return JSON.stringify(Object.fromEntries([...known, ...others].map((key) => [key, metadata[key]])), null, 2);
}

function asMetadata(value: unknown): Metadata {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it holds something else');
  const metadata: Metadata = { ...value };
  for (const key of ORDER) {
    const expected = key === 'dolt_server_port' || key === 'dolt_remotesapi_port' ? 'number' : 'string';
    const actual = typeof metadata[key];
    if (actual === 'undefined' || metadata[key] === null) delete metadata[key];
    else if (key !== 'dolt_server_tls' && actual !== expected) throw new Error(`"${key}" must be a ${expected}`);
  }
  return metadata;
}
