/** One thing that a write did: `create hm-a1`. */
export interface Deed {
  /** What was done, as `bd` calls it: `create`, `close`, `dep add blocks`. */
  readonly verb: string;
  /** What it was done to, in words for the message: ids, `A -> B`. */
  readonly objects: readonly string[];
}

/** So many ids are named in a message. */
export const MAX_OBJECTS = 20;

/**
 * The message of the Dolt commit of one command: what was done to which ids by whom, close to the
 * Go `bd`'s wording.
 *
 * @example commitMessage([{ verb: 'create', objects: ['hm-a1'] }], 'alice') // bd: create hm-a1 by alice
 */
export function commitMessage(deeds: readonly Deed[], actor: string, label?: string): string {
  const byVerb = new Map<string, string[]>();
  for (const { verb, objects } of deeds) byVerb.set(verb, [...(byVerb.get(verb) ?? []), ...objects]);
  const parts = [...byVerb].map(([verb, objects]) => `${verb} ${listed(objects)}`);
  const [first] = byVerb.keys();
  const prefix = byVerb.size === 1 && first?.startsWith('dependency:') ? '' : 'bd: ';
  return `${prefix}${label === undefined ? '' : `${label}: `}${parts.join(', ')} by ${actor}`;
}

function listed(objects: readonly string[]): string {
  const unique = [...new Set(objects)];
  const rest = unique.length - MAX_OBJECTS;
  return rest > 0 ? `${unique.slice(0, MAX_OBJECTS).join(' ')} and ${rest} more` : unique.join(' ');
}
