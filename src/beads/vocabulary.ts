/**
 * The words that issues are described with: statuses, types, kinds of dependencies. Source: the Go
 * `bd` 1.0.3, so that both clients mean the same.
 */

/** What a status means for work: ready to take, being done, finished, or put aside. */
export type StatusCategory = 'active' | 'wip' | 'done' | 'frozen' | 'unspecified';

export interface BuiltInStatus {
  readonly name: string;
  readonly category: StatusCategory;
  readonly icon: string;
  readonly description: string;
}

/** The statuses that every database has, in the order in which messages list them. */
export const BUILT_IN_STATUSES: readonly BuiltInStatus[] = [
  { name: 'open', category: 'active', icon: '○', description: 'Available to work on' },
  { name: 'in_progress', category: 'wip', icon: '◐', description: 'Being worked on' },
  { name: 'blocked', category: 'wip', icon: '●', description: 'Waiting for something else' },
  { name: 'deferred', category: 'frozen', icon: '❄', description: 'Put off until later' },
  { name: 'closed', category: 'done', icon: '✓', description: 'Finished' },
  { name: 'pinned', category: 'frozen', icon: '📌', description: 'Kept open as a standing reference' },
  { name: 'hooked', category: 'wip', icon: '◇', description: 'Attached to an agent’s hook' },
];

/** The types of work that `bd types` explains. */
export const CORE_TYPES = [
  { name: 'task', description: 'A piece of work' },
  { name: 'bug', description: 'Something that does not work as it should' },
  { name: 'feature', description: 'Something new' },
  { name: 'chore', description: 'Upkeep: dependencies, tooling, cleaning up' },
  { name: 'epic', description: 'A large goal with child issues' },
  { name: 'decision', description: 'A choice, its reasons and its consequences' },
] as const;

/** Every type that `create` takes beside custom ones. */
export const BUILT_IN_TYPES = [
  'bug',
  'feature',
  'task',
  'epic',
  'chore',
  'decision',
  'message',
  'molecule',
  'gate',
  'spike',
  'story',
  'milestone',
  'event',
] as const;

/** Types that live in `wisps` and that lists leave out unless asked. */
export const INFRA_TYPES = ['agent', 'rig', 'role', 'message'] as const;

/** Types that are never work to be taken. */
export const NOT_WORK_TYPES = ['merge-request', 'gate', 'molecule', 'message', 'agent', 'role', 'rig'] as const;

const TYPE_ALIASES: ReadonlyMap<string, string> = new Map([
  ['enhancement', 'feature'],
  ['feat', 'feature'],
  ['dec', 'decision'],
  ['adr', 'decision'],
  ['investigation', 'spike'],
  ['timebox', 'spike'],
  ['user-story', 'story'],
  ['ms', 'milestone'],
  ['mr', 'merge-request'],
  ['mol', 'molecule'],
]);

/** Kinds of dependencies that can hold an issue back from `bd ready`. */
export const BLOCKING_TYPES = ['blocks', 'conditional-blocks'] as const;

/** Statuses in which an issue neither waits for anything nor holds anything back. */
export const SETTLED_STATUSES = ['closed', 'pinned'] as const;

/**
 * The name of a type in its one spelling: lower case, aliases resolved.
 *
 * @example normalizeType('Feat') // 'feature'
 */
export function normalizeType(typed: string): string {
  const name = typed.trim().toLowerCase();
  return TYPE_ALIASES.get(name) ?? name;
}

/** What a wisp is for; it decides how long it is kept. */
export const WISP_TYPES = ['heartbeat', 'ping', 'patrol', 'gc_report', 'recovery', 'error', 'escalation'] as const;

export const MOLECULE_TYPES = ['swarm', 'patrol', 'work'] as const;

/** When an issue that waits for the children of another goes on. */
export const WAITS_FOR_GATES = ['all-children', 'any-children'] as const;
