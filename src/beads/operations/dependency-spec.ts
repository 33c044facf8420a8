import { AppError } from '../../errors.ts';
import type { InitialDependency } from './new-issue.ts';

/**
 * A dependency of a new issue as `--deps` has it: `ID`, `depends-on:ID` and `blocked-by:ID` (the new
 * issue waits for ID), `blocks:ID` (ID waits for the new issue), else `TYPE:ID`. `external:…` is an
 * id of another project, with or without a type before it.
 *
 * @throws AppError VALIDATION
 * @example parseDependencySpec('discovered-from:hm-a1') // { type: 'discovered-from', id: 'hm-a1' }
 */
export function parseDependencySpec(spec: string): InitialDependency {
  const text = spec.trim();
  const colon = text.indexOf(':');
  const type = colon < 0 || text.startsWith('external:') ? 'depends-on' : text.slice(0, colon).trim();
  const id = type === 'depends-on' && !text.startsWith('depends-on:') ? text : text.slice(colon + 1).trim();
  if (id === '' || type === '') {
    throw new AppError('VALIDATION', `invalid dependency "${spec}" (expected 'type:id' or 'id')`);
  }
  if (type === 'depends-on' || type === 'blocked-by') return { type: 'blocks', id };
  if (type === 'blocks') return { type, id, inverted: true };
  return { type, id };
}
