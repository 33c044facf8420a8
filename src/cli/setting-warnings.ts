import { isIdleKey, isKnownKey, knownKeys } from '../beads/workspace/setting-keys.ts';
import { nearest } from './nearest.ts';

/** What to tell somebody who set a key that changes nothing: it is kept all the same. */
export function settingWarnings(key: string): string[] {
  if (isIdleKey(key)) return [`Warning: "${key}" was stored, but has no effect here: it is a setting of the Go bd`];
  if (isKnownKey(key)) return [];
  const near = nearest(key, knownKeys());
  return [`Warning: unknown setting "${key}" was stored${near ? `; did you mean "${near}"?` : ''}`];
}
