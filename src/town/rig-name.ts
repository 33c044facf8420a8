import { AppError } from '../errors.ts';

/** The rig whose database is the town's own: on port 3307, made by the first `gt dolt start`. */
export const HQ_RIG = 'beads';

const RIG_NAME = /^[a-z][a-z0-9_]{0,62}$/;
/** Databases that every server has; a rig's own of that name would never be seen. */
const OF_THE_SERVER: readonly string[] = ['mysql', 'information_schema', 'performance_schema', 'dolt_cluster'];

export function isRigName(name: string): boolean {
  return RIG_NAME.test(name) && !OF_THE_SERVER.includes(name);
}

/**
 * Checks a rig's name, which is also the name of its directory and its database.
 *
 * @throws AppError RIG_NAME_INVALID with the nearest valid name
 * @example assertRigName('my-project') // throws: use "my_project"
 */
export function assertRigName(name: string): void {
  if (isRigName(name)) return;
  const why = OF_THE_SERVER.includes(name)
    ? 'every server has a database of that name'
    : `it is a database and a directory too, so it matches ${RIG_NAME.source}`;
  throw new AppError('RIG_NAME_INVALID', `"${name}" cannot be the name of a rig: ${why}`, {
    hint: `use "${nearestRigName(name)}"`,
  });
}

/** The valid name that is nearest to what was typed. */
export function nearestRigName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase();
  const words = plain
    .replace(/[^a-z0-9_]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 63);
  if (words === '') return 'rig';
  return isRigName(words) ? words : `rig_${words}`.slice(0, 63);
}
