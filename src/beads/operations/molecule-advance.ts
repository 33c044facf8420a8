import type { Issue } from '../issue.ts';
import { type Found, loadIssues } from '../lookup.ts';
import type { Writing } from '../write/record.ts';
import { isSettled, openBlockers, openChildren, parentsOf } from './blockers.ts';
import { claimFound } from './claim.ts';

/** Where work on a molecule (an issue with steps as children) goes on after a step is closed. */
export interface Advance {
  readonly molecule_id: string;
  readonly closed_step: Issue;
  /** The next step that can be worked on. */
  readonly next_step?: Issue;
  /** Whether the next step was taken for the actor. */
  readonly auto_advanced: boolean;
  /** Whether no step is left. */
  readonly molecule_complete: boolean;
}

/**
 * Finds, and takes if asked to, the step that follows a closed one: the first by priority and age
 * among the open steps of its parent that nobody has and that wait for nothing.
 *
 * @returns undefined when the closed issue is no step of anything
 */
export async function advanceMolecule(w: Writing, closed: Found, claim: boolean): Promise<Advance | undefined> {
  const [molecule] = await parentsOf(w.tx, closed.id);
  if (molecule === undefined) return undefined;
  const steps = (await openChildren(w.tx, [molecule])).get(molecule) ?? [];
  const open = steps.filter(({ status }) => status === 'open').map(({ id }) => id);
  const blockers = await openBlockers(w.tx, open);
  const loaded = await loadIssues(
    w.tx,
    open.filter((id) => !blockers.has(id)),
  );
  const [next] = [...loaded.values()].filter(({ issue }) => issue.assignee === undefined).sort(byOrder);
  const taken = next && claim ? await claimFound(w, next) : next;
  return {
    molecule_id: molecule,
    closed_step: closed.issue,
    ...(taken ? { next_step: taken.issue } : {}),
    auto_advanced: next !== undefined && claim,
    molecule_complete: steps.every(({ status }) => isSettled(status)),
  };
}

function byOrder(a: Found, b: Found): number {
  return (
    a.issue.priority - b.issue.priority ||
    (a.issue.created_at < b.issue.created_at ? -1 : Number(a.issue.created_at > b.issue.created_at)) ||
    (a.id < b.id ? -1 : 1)
  );
}
