import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

declare const __PACKAGE_VERSION__: string | undefined;

/** Name of the package, as in package.json. */
export const PACKAGE_NAME = 'gastown-dolt';

/**
 * The directory that holds package.json and templates/, wherever this code runs from: the bundle,
 * the compiled modules or the sources.
 */
export function packageRoot(from: string): string {
  for (let directory = from; ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json')) && existsSync(join(directory, 'templates'))) return directory;
    if (dirname(directory) === directory) throw new Error(`no package root above ${from}`);
  }
}

/** Version of this package; the bundles carry it, the sources read package.json. */
export function packageVersion(root: string): string {
  if (typeof __PACKAGE_VERSION__ === 'string') return __PACKAGE_VERSION__;
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '0.0.0';
}
