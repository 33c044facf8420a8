import { Flags, type Interfaces } from '@oclif/core';
import type { BeadsContext } from '../beads/context.ts';
import { resolveId } from '../beads/ids/resolve.ts';
import type { ReadyOptions } from '../beads/query/ready.ts';
import { filterFlags, filterOf } from './filter-flags.ts';

/** The flags by which `bd ready` chooses work. */
export const readyFlags = {
  limit: Flags.integer({ char: 'n', summary: 'how many at most; 0 means all', default: 100, min: 0 }),
  sort: Flags.string({
    char: 's',
    summary: 'order: hybrid takes the last 48 hours by priority, then the oldest',
    options: ['priority', 'hybrid', 'oldest'],
    default: 'priority',
  }),
  priority: filterFlags.priority,
  type: filterFlags.type,
  'exclude-type': filterFlags['exclude-type'],
  assignee: filterFlags.assignee,
  unassigned: Flags.boolean({ char: 'u', summary: 'assigned to nobody', helpGroup: 'FILTER' }),
  label: filterFlags.label,
  'label-any': filterFlags['label-any'],
  'exclude-label': filterFlags['exclude-label'],
  parent: Flags.string({ summary: 'what lies under this issue, at any depth', helpValue: 'ID', helpGroup: 'FILTER' }),
  mol: Flags.string({ summary: 'steps of this molecule', helpValue: 'ID', helpGroup: 'FILTER' }),
  'mol-type': filterFlags['mol-type'],
  'metadata-field': filterFlags['metadata-field'],
  'has-metadata-key': filterFlags['has-metadata-key'],
  'include-deferred': Flags.boolean({ summary: 'also what is put off', helpGroup: 'FILTER' }),
  'include-ephemeral': Flags.boolean({ summary: 'also wisps', helpGroup: 'FILTER' }),
} as const;

export type ReadyFlags = Interfaces.InferredFlags<typeof readyFlags>;

/** @throws AppError VALIDATION, NOT_FOUND for a parent that there is not */
export async function readyOptionsOf(ctx: BeadsContext, flags: ReadyFlags): Promise<ReadyOptions> {
  const under = flags.parent ?? flags.mol;
  const { statuses: _statuses, ids: _ids, parent: _parent, ...filter } = filterOf(flags, ctx.now());
  return {
    filter: { ...filter, ...(flags.unassigned ? { unassigned: true } : {}) },
    ...(under === undefined ? {} : { under: (await resolveId(ctx.db, under)).id }),
    includeDeferred: flags['include-deferred'],
    includeEphemeral: flags['include-ephemeral'],
    // The parser has compared it with the options.
    sort: flags.sort as 'priority' | 'hybrid' | 'oldest',
    limit: flags.limit,
  };
}
