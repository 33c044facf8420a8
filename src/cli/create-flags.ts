import { Flags, type Interfaces } from '@oclif/core';
import { parseDependencySpec } from '../beads/operations/dependency-spec.ts';
import { type NewIssue, parsePriority } from '../beads/operations/new-issue.ts';
import { AppError } from '../errors.ts';
import { metadataFlag, timeFlag } from './issue-inputs.ts';
import { REPEATED } from './repeated.ts';
import { readBody, splitList } from './text-input.ts';

const EVENT = { helpGroup: 'EVENT' };
const ID = { helpValue: 'ID' };

/** The fields of a new issue as flags of `bd create`. */
export const createFlags = {
  title: Flags.string({ summary: 'the title, instead of the argument' }),
  description: Flags.string({
    char: 'd',
    summary: 'what it is about',
    aliases: ['body', 'message'],
    charAliases: ['m'],
  }),
  'body-file': Flags.string({ summary: 'file with the description (- is standard input)', helpValue: 'FILE' }),
  stdin: Flags.boolean({ summary: 'the description comes from standard input' }),
  type: Flags.string({ char: 't', summary: 'bug, feature, task, epic, chore, decision, …', default: 'task' }),
  priority: Flags.string({ char: 'p', summary: '0 to 4, or P0 (highest) to P4', default: '2' }),
  assignee: Flags.string({ char: 'a', summary: 'who shall do it' }),
  labels: Flags.string({ char: 'l', summary: 'labels, with commas between', ...REPEATED, aliases: ['label'] }),
  id: Flags.string({ summary: 'this id instead of a new one', ...ID }),
  force: Flags.boolean({ summary: 'take an --id with another prefix' }),
  parent: Flags.string({ summary: 'make it a child of this issue', ...ID }),
  'no-inherit-labels': Flags.boolean({ summary: 'a child does not get its parent’s labels' }),
  deps: Flags.string({ summary: 'dependencies: ID or TYPE:ID, with commas between', ...REPEATED }),
  design: Flags.string({ summary: 'how it shall be done' }),
  'design-file': Flags.string({ summary: 'file with the design', helpValue: 'FILE' }),
  acceptance: Flags.string({ summary: 'what must hold when it is done' }),
  notes: Flags.string({ summary: 'notes' }),
  'append-notes': Flags.string({ summary: 'more notes, on lines of their own' }),
  context: Flags.string({ summary: 'context, a section of the description' }),
  skills: Flags.string({ summary: 'skills that it needs, a section of the description' }),
  'external-ref': Flags.string({ summary: 'its name elsewhere: gh-9, a URL' }),
  'spec-id': Flags.string({ summary: 'specification that it belongs to' }),
  estimate: Flags.integer({ char: 'e', summary: 'minutes that it may take' }),
  due: Flags.string({ summary: 'when it is due: +2d, tomorrow, 2027-01-15', helpValue: 'WHEN' }),
  defer: Flags.string({ summary: 'not ready before that time', helpValue: 'WHEN' }),
  metadata: Flags.string({ summary: 'a JSON object, or @FILE', helpValue: 'JSON' }),
  ephemeral: Flags.boolean({ summary: 'a wisp: local, outside Dolt’s history' }),
  'no-history': Flags.boolean({ summary: 'keep it outside Dolt’s history' }),
  'wisp-type': Flags.string({ summary: 'heartbeat, ping, patrol, gc_report, recovery, error, escalation' }),
  'mol-type': Flags.string({ summary: 'swarm, patrol or work' }),
  'waits-for': Flags.string({ summary: 'wait until the children of this issue are closed', ...ID }),
  'waits-for-gate': Flags.string({ summary: 'all-children or any-children' }),
  'event-category': Flags.string({ summary: 'kind of the event (--type event)', ...EVENT }),
  'event-actor': Flags.string({ summary: 'who did it', ...EVENT }),
  'event-target': Flags.string({ summary: 'what it was done to', ...EVENT }),
  'event-payload': Flags.string({ summary: 'what belongs to it', ...EVENT }),
};

export type CreateFlags = Interfaces.InferredFlags<typeof createFlags>;

/**
 * Refuses flags about one issue where a file says what the issues are: passed over, they would seem to hold.
 *
 * @param origins what the parser tells of each flag
 * @throws AppError VALIDATION
 */
export function refuseFieldFlags(
  flags: Partial<CreateFlags>,
  origins: Readonly<Record<string, { setFromDefault?: boolean } | undefined>>,
): void {
  const names = Object.keys(createFlags) as (keyof CreateFlags)[];
  const given = names.filter((name) => flags[name] !== undefined && !origins[name]?.setFromDefault);
  if (given.length === 0) return;
  if (given[0] === 'title') throw new AppError('VALIDATION', 'cannot specify both title and --file flag');
  throw new AppError('VALIDATION', `${given.map((name) => `--${name}`).join(', ')} cannot go with --file or --graph`, {
    hint: 'the file says it for each issue',
  });
}

/** A new issue from the command line. @throws AppError VALIDATION, USAGE, IO_ERROR */
export async function newIssueOf(argument: string | undefined, flags: CreateFlags, now: Date): Promise<NewIssue> {
  if (argument !== undefined && flags.title !== undefined && argument !== flags.title) {
    throw new AppError('VALIDATION', 'cannot specify different titles as both positional argument and --title flag');
  }
  const body = await readBody('the description', {
    text: flags.description,
    file: flags['body-file'],
    stdin: flags.stdin,
  });
  const design = await readBody('the design', { text: flags.design, file: flags['design-file'] });
  const isEvent = [flags['event-category'], flags['event-actor'], flags['event-target'], flags['event-payload']];
  if (isEvent.some((value) => value !== undefined) && flags.type !== 'event') {
    throw new AppError(
      'VALIDATION',
      '--event-category, --event-actor, --event-target, and --event-payload flags require --type=event',
    );
  }
  if (flags.id !== undefined && flags.parent !== undefined) {
    throw new AppError('VALIDATION', 'cannot specify both --id and --parent flags');
  }
  return {
    title: argument ?? flags.title ?? '',
    description: withSections(body ?? '', flags),
    design,
    acceptance_criteria: flags.acceptance,
    notes: [flags.notes, flags['append-notes']].filter((text) => text).join('\n'),
    issue_type: flags.type,
    priority: parsePriority(flags.priority),
    assignee: flags.assignee,
    labels: splitList(flags.labels),
    id: flags.id,
    force: flags.force,
    parent: flags.parent,
    inherit_labels: !flags['no-inherit-labels'],
    dependencies: splitList(flags.deps).map(parseDependencySpec),
    external_ref: flags['external-ref'],
    spec_id: flags['spec-id'],
    estimated_minutes: flags.estimate,
    due_at: timeFlag('due', flags.due, now) ?? undefined,
    defer_until: timeFlag('defer', flags.defer, now) ?? undefined,
    metadata: await metadataFlag(flags.metadata),
    ephemeral: flags.ephemeral,
    no_history: flags['no-history'],
    wisp_type: flags['wisp-type'],
    mol_type: flags['mol-type'],
    waits_for: flags['waits-for'],
    waits_for_gate: flags['waits-for-gate'],
    event_kind: flags['event-category'],
    actor: flags['event-actor'],
    target: flags['event-target'],
    payload: flags['event-payload'],
  };
}

function withSections(body: string, flags: Pick<CreateFlags, 'context' | 'skills'>): string {
  const sections = [
    body,
    flags.context ? `## Context\n${flags.context}` : '',
    flags.skills ? `## Required skills\n${flags.skills}` : '',
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}
