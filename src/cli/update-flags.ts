import { Flags, type Interfaces } from '@oclif/core';
import { parsePriority } from '../beads/operations/new-issue.ts';
import type { IssueChanges } from '../beads/operations/update.ts';
import { AppError } from '../errors.ts';
import { metadataFlag, pairsFlag, timeFlag } from './issue-inputs.ts';
import { REPEATED } from './repeated.ts';
import { readBody, splitList } from './text-input.ts';

/** The changes to issues as flags of `bd update`. */
export const updateFlags = {
  title: Flags.string({ summary: 'new title' }),
  description: Flags.string({
    char: 'd',
    summary: 'new description',
    aliases: ['body', 'message'],
    charAliases: ['m'],
  }),
  'body-file': Flags.string({ summary: 'file with the description (- is standard input)', helpValue: 'FILE' }),
  stdin: Flags.boolean({ summary: 'the description comes from standard input' }),
  'allow-empty-description': Flags.boolean({ summary: 'let an empty --body-file or --stdin clear the description' }),
  design: Flags.string({ summary: 'new design' }),
  'design-file': Flags.string({ summary: 'file with the design', helpValue: 'FILE' }),
  acceptance: Flags.string({ summary: 'new acceptance criteria', aliases: ['acceptance-criteria'] }),
  notes: Flags.string({ summary: 'new notes' }),
  'append-notes': Flags.string({ summary: 'more notes, below those that are there' }),
  status: Flags.string({ char: 's', summary: 'open, in_progress, blocked, deferred, closed, …' }),
  priority: Flags.string({ char: 'p', summary: '0 to 4, or P0 to P4' }),
  type: Flags.string({ char: 't', summary: 'bug, feature, task, …' }),
  assignee: Flags.string({ char: 'a', summary: 'who shall do it; "" is nobody' }),
  estimate: Flags.integer({ char: 'e', summary: 'minutes that it may take' }),
  due: Flags.string({ summary: 'when it is due; "" is never', helpValue: 'WHEN' }),
  defer: Flags.string({ summary: 'not ready before that time; "" is now', helpValue: 'WHEN' }),
  'external-ref': Flags.string({ summary: 'its name elsewhere' }),
  'spec-id': Flags.string({ summary: 'specification that it belongs to' }),
  metadata: Flags.string({ summary: 'a JSON object, or @FILE, instead of what is there', helpValue: 'JSON' }),
  'set-metadata': Flags.string({ summary: 'set one key', ...REPEATED, helpValue: 'KEY=VALUE' }),
  'unset-metadata': Flags.string({ summary: 'remove one key', ...REPEATED, helpValue: 'KEY' }),
  'add-label': Flags.string({ summary: 'add labels', ...REPEATED }),
  'remove-label': Flags.string({ summary: 'remove labels', ...REPEATED }),
  'set-labels': Flags.string({ summary: 'exactly these labels', ...REPEATED }),
  parent: Flags.string({ summary: 'new parent; "" is none', helpValue: 'ID' }),
  claim: Flags.boolean({ summary: 'take it: fails if somebody else has it' }),
  session: Flags.string({ summary: 'session that closes it (--status closed)', env: 'CLAUDE_SESSION_ID' }),
  ephemeral: Flags.boolean({ summary: 'make it a wisp, outside Dolt’s history', exclusive: ['persistent'] }),
  persistent: Flags.boolean({ summary: 'make a wisp an issue of Dolt’s history' }),
  'no-history': Flags.boolean({ summary: 'keep it outside Dolt’s history', exclusive: ['history'] }),
  history: Flags.boolean({ summary: 'keep it in Dolt’s history' }),
  'await-id': Flags.string({ summary: 'what a gate waits for', helpValue: 'ID' }),
};

export type UpdateFlags = Interfaces.InferredFlags<typeof updateFlags>;

/** The changes that were asked for. @throws AppError VALIDATION, USAGE, IO_ERROR */
export async function changesOf(flags: UpdateFlags, now: Date): Promise<IssueChanges> {
  const description = await readBody('the description', {
    text: flags.description,
    file: flags['body-file'],
    stdin: flags.stdin,
  });
  const fromFile = flags['body-file'] !== undefined || flags.stdin;
  if (fromFile && description === '' && !flags['allow-empty-description']) {
    throw new AppError('VALIDATION', 'the description is empty', {
      hint: '--allow-empty-description clears it on purpose',
    });
  }
  const changes: IssueChanges = {
    title: flags.title,
    description,
    design: await readBody('the design', { text: flags.design, file: flags['design-file'] }),
    acceptance_criteria: flags.acceptance,
    notes: flags.notes,
    append_notes: flags['append-notes'],
    status: flags.status,
    priority: flags.priority === undefined ? undefined : parsePriority(flags.priority),
    issue_type: flags.type,
    assignee: flags.assignee,
    estimated_minutes: flags.estimate,
    due_at: timeFlag('due', flags.due, now),
    defer_until: timeFlag('defer', flags.defer, now),
    external_ref: flags['external-ref'],
    spec_id: flags['spec-id'],
    metadata: await metadataFlag(flags.metadata),
    set_metadata: pairsFlag('set-metadata', flags['set-metadata']),
    unset_metadata: flags['unset-metadata'],
    add_labels: splitList(flags['add-label']),
    remove_labels: splitList(flags['remove-label']),
    set_labels: flags['set-labels'] === undefined ? undefined : splitList(flags['set-labels']),
    parent: flags.parent,
    claim: flags.claim,
    await_id: flags['await-id'],
    ephemeral: flags.ephemeral ? true : flags.persistent ? false : undefined,
    no_history: flags['no-history'] ? true : flags.history ? false : undefined,
  };
  return flags.status === 'closed' && flags.session ? { ...changes, closed_by_session: flags.session } : changes;
}
