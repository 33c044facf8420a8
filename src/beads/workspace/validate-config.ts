import { isIdleKey, isKnownKey, problemWith, storeOf } from './setting-keys.ts';
import type { Settings } from './settings.ts';

export interface ConfigProblem {
  readonly key: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** File or variable that it stands in. */
  readonly location: string;
}

/**
 * Checks every setting of a workspace. A file that is no YAML is an error of reading, not of this.
 *
 * @example const errors = validateConfig(settings).filter((problem) => problem.severity === 'error');
 */
export function validateConfig(settings: Settings): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const { key, value, source, from } of settings.stated()) {
    const location = from ?? source;
    const problem = problemWith(key, value);
    if (problem) problems.push({ key, severity: 'error', message: `"${value}" ${problem}`, location });
    if (!isKnownKey(key)) {
      problems.push({ key, severity: 'warning', message: 'is not a setting that bd knows', location });
    } else if (isIdleKey(key)) {
      const message = 'has no effect here: it is a setting of the Go bd';
      problems.push({ key, severity: 'warning', message, location });
    } else if (storeOf(key) === 'database' && source !== 'env') {
      const message = 'belongs in the database, whose value wins: bd config set';
      problems.push({ key, severity: 'warning', message, location });
    }
  }
  return [...problems, ...disagreements(settings)];
}

/** What `config.yaml` says and `metadata.json` denies: the Go `bd` reads the latter only. */
function disagreements(settings: Settings): ConfigProblem[] {
  const stated = settings.stated();
  return stated
    .filter((setting) => setting.source === 'metadata')
    .flatMap(({ key, value, from }) => {
      const over = stated.find((other) => other.key === key && other.source === 'config.yaml');
      if (!over || over.value === value) return [];
      const message = `is "${over.value}" in config.yaml and "${value}" in metadata.json: bd config set ${key} ${over.value}`;
      return [{ key, severity: 'warning' as const, message, location: from ?? 'metadata' }];
    });
}
