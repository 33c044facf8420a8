import { isKnownKey, knownKeys } from '../beads/workspace/setting-keys.ts';
import { nearest } from './nearest.ts';

/** What to tell somebody who set a key that means nothing to `bd`: it is kept all the same. */
export function settingWarnings(key: string): string[] {
  if (isKnownKey(key)) return [];
  const near = nearest(key, knownKeys());
  return [`Warning: unknown setting "${key}" was stored${near ? `; did you mean "${near}"?` : ''}`];
}
