import type { Location } from './locate.ts';
import { type Metadata, readMetadata, writeMetadata } from './metadata.ts';
import { isTrue } from './setting-keys.ts';
import { METADATA_KEYS } from './settings.ts';

/**
 * Carries changed settings over to `metadata.json`, which the Go `bd` reads: it needs the port of
 * the server there, or it would start one of its own. Mode and name of the database stay when their
 * setting is removed: they say what this workspace is.
 *
 * @param locate reads the files as they are now
 */
export async function editMetadata(
  beadsDir: string,
  changes: ReadonlyMap<string, string | undefined>,
  locate: () => Promise<Location>,
): Promise<void> {
  const before = readMetadata(beadsDir);
  if (!before) return;
  const metadata: Metadata = { ...before };
  for (const [key, value] of changes) {
    const name = METADATA_KEYS[key];
    if (name === undefined) continue;
    if (value !== undefined) metadata[name] = typed(key, value);
    else if (key !== 'dolt.mode' && key !== 'dolt.database') delete metadata[name];
  }
  if (changes.get('dolt.mode') === 'server') {
    const { target } = await locate();
    if (target.mode === 'server') {
      metadata.dolt_server_host ??= target.endpoint.host;
      metadata.dolt_server_port ??= target.endpoint.port;
    }
  }
  if (JSON.stringify(metadata) !== JSON.stringify(before)) await writeMetadata(beadsDir, metadata);
}

function typed(key: string, value: string): string | number | boolean {
  if (key === 'dolt.port') return Number(value);
  return key === 'dolt.tls' ? isTrue(value) : value;
}
