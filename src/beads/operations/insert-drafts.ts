import type { Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { idDepth, requireValidId } from '../ids/explicit-id.ts';
import { type IssueCounts, newChildIds, newCounterIds, newHashIds } from '../ids/new-ids.ts';
import { findExact, type IssueRef, noneMatches, resolveIds } from '../ids/resolve.ts';
import type { Issue } from '../issue.ts';
import { encodeIssue, INSERT_COLUMNS } from '../issue-insert.ts';
import { rfc3339 } from '../issue-row.ts';
import { loadLabels } from '../lookup.ts';
import type { Settings } from '../settings.ts';
import { byTables } from '../tables.ts';
import { insertRows } from '../write/insert-rows.ts';
import type { Writing } from '../write/record.ts';
import { addEdges, type Edge, maxDepth, resolveTargets } from './dependency-edges.ts';
import { insertLabels } from './labels.ts';
import type { Draft } from './new-issue.ts';

/** Gives drafts their ids and inserts them with events, labels and dependencies. */
export async function insertDrafts(
  w: Writing,
  settings: Settings,
  drafts: readonly Draft[],
  counts: IssueCounts,
): Promise<Issue[]> {
  const parents = await findParents(
    w.tx,
    drafts.flatMap(({ input }) => input.parent ?? []),
  );
  const ids = await chooseIds(w, settings, drafts, parents, counts);
  const at = rfc3339(w.now);
  const made = drafts.map((draft, index) => ({
    draft,
    wisp: draft.wisp,
    issue: { ...draft.issue, id: ids[index] ?? '', created_at: at, updated_at: at },
  }));
  for (const [tables, members] of byTables(made)) {
    await insertRows(
      w.tx,
      tables.issues,
      INSERT_COLUMNS,
      members.map(({ issue }) => encodeIssue(issue)),
    );
    w.changed(tables.issues);
  }
  for (const { issue, wisp } of made) {
    w.event({ issueId: issue.id, wisp, type: 'created', oldValue: '', newValue: '' });
    w.did('create', issue.id);
    w.touch(issue.id);
  }
  await labelDrafts(w, made, parents);
  await linkDrafts(w, settings, made, parents);
  return made.map(({ issue }) => issue);
}

interface Made {
  readonly draft: Draft;
  readonly wisp: boolean;
  readonly issue: Issue;
}

type Parents = ReadonlyMap<string, IssueRef>;

/** @throws AppError NOT_FOUND, or VALIDATION when several issues fit */
export async function findParents(db: Queryable, inputs: readonly string[]): Promise<Parents> {
  const wanted = [...new Set(inputs)];
  if (wanted.length === 0) return new Map();
  const resolved = await resolveIds(db, wanted);
  return new Map(
    wanted.map((input, index) => {
      const found = resolved[index] ?? noneMatches(input);
      if (!(found instanceof AppError)) return [input, found];
      if (found.code !== 'NOT_FOUND') throw found;
      throw new AppError('NOT_FOUND', `parent issue ${input} not found`);
    }),
  );
}

async function chooseIds(
  w: Writing,
  settings: Settings,
  drafts: readonly Draft[],
  parents: Parents,
  counts: IssueCounts,
): Promise<string[]> {
  const ids = drafts.map(({ input }) => input.id ?? '');
  if (ids.includes('')) w.choosesIds();
  await requireFreeIds(
    w.tx,
    settings,
    drafts.filter(({ input }) => input.id !== undefined),
  );
  const fill = (wanted: (draft: Draft) => boolean, made: readonly string[]) => {
    const rest = [...made];
    drafts.forEach((draft, index) => {
      if (ids[index] === '' && wanted(draft)) ids[index] = rest.shift() ?? '';
    });
  };
  for (const [parent, { id }] of parents) {
    const mine = (draft: Draft) => draft.input.id === undefined && draft.input.parent === parent;
    const count = drafts.filter(mine).length;
    if (count === 0) continue;
    requireRoomBelow(w, id);
    fill(mine, await newChildIds(w, id, count));
  }
  const counted = (draft: Draft) => draft.input.id === undefined && settings.idMode === 'counter' && !draft.wisp;
  const numbers = drafts.filter((draft) => counted(draft) && draft.input.parent === undefined).length;
  if (numbers > 0) fill(counted, await newCounterIds(w, settings.prefix, numbers));
  const rest = drafts.filter((_draft, index) => ids[index] === '');
  if (rest.length > 0) {
    const sources = rest.map(({ issue, wisp }) => ({ title: issue.title, description: issue.description ?? '', wisp }));
    const context = { actor: w.ctx.actor, at: w.ctx.now(), counts, attempt: w.attempt };
    fill(() => true, await newHashIds(w.tx, settings, sources, context));
  }
  return ids;
}

async function requireFreeIds(tx: Queryable, settings: Settings, drafts: readonly Draft[]): Promise<void> {
  if (drafts.length === 0) return;
  const ids = drafts.map(({ input }) => {
    const id = input.id ?? '';
    requireValidId(id, settings.prefixes, { force: input.force ?? false });
    return id;
  });
  const used = await findExact(tx, ids);
  const taken = ids.find((id, index) => used.has(id) || ids.indexOf(id) !== index);
  if (taken === undefined) return;
  throw new AppError('ALREADY_EXISTS', `issue ${taken} exists already`, {
    hint: `it is not overwritten; change it with \`bd update ${taken}\`, or leave --id out`,
  });
}

function requireRoomBelow(w: Writing, parent: string): void {
  const maximum = maxDepth(w);
  if (idDepth(parent) < maximum) return;
  throw new AppError('VALIDATION', `maximum hierarchy depth (${maximum}) exceeded for parent ${parent}`, {
    hint: 'hierarchy.max-depth in .beads/config.yaml says how deep issues may nest',
  });
}

async function labelDrafts(w: Writing, made: readonly Made[], parents: Parents): Promise<void> {
  const heirs = made.filter(({ draft }) => draft.input.parent !== undefined && draft.input.inherit_labels !== false);
  const inherited = heirs.length === 0 ? new Map<string, string[]>() : await loadLabels(w.tx, [...parents.values()]);
  const pairs = made.flatMap(({ draft, issue, wisp }) => {
    const parent = heirs.some((heir) => heir.draft === draft) ? parents.get(draft.input.parent ?? '') : undefined;
    const labels = new Set([...draft.labels, ...((parent && inherited.get(parent.id)) ?? [])]);
    return [...labels].map((label) => ({ id: issue.id, wisp, label }));
  });
  await insertLabels(w, pairs);
}

async function linkDrafts(w: Writing, settings: Settings, made: readonly Made[], parents: Parents): Promise<void> {
  const inputs = [
    ...new Set(
      made.flatMap(({ draft: { input } }) => [
        ...(input.dependencies ?? []).map(({ id }) => id),
        ...(input.waits_for ? [input.waits_for] : []),
      ]),
    ),
  ];
  const resolved = inputs.length === 0 ? [] : await resolveTargets(w.tx, settings, inputs);
  const targetOf = (input: string) => {
    const target = resolved[inputs.indexOf(input)];
    if (!target) throw new Error(`${input} was not looked up`);
    if (!(target instanceof AppError)) return target;
    throw new AppError(target.code, `resolving dependency ID ${input}: ${target.message}`, { cause: target });
  };
  const edges: Edge[] = [];
  for (const { draft, issue, wisp } of made) {
    const own: IssueRef = { id: issue.id, wisp, title: issue.title, type: issue.issue_type, status: issue.status };
    const parent = parents.get(draft.input.parent ?? '');
    if (parent) edges.push({ issue: own, target: { id: parent.id, issue: parent }, type: 'parent-child' });
    for (const { id, type, inverted, metadata } of draft.input.dependencies ?? []) {
      const target = targetOf(id);
      const more = metadata ? { metadata: JSON.stringify(metadata) } : {};
      if (!inverted) edges.push({ issue: own, target, type, ...more });
      else if (target.issue) edges.push({ issue: target.issue, target: { id: own.id, issue: own }, type, ...more });
      else
        throw new AppError('VALIDATION', `${id} is of another project: it cannot be made to depend on ${own.id} here`);
    }
    if (draft.input.waits_for) {
      const gate = JSON.stringify({ gate: draft.input.waits_for_gate ?? 'all-children' });
      edges.push({ issue: own, target: targetOf(draft.input.waits_for), type: 'waits-for', metadata: gate });
    }
  }
  if (edges.length > 0) await addEdges(w, edges, { fresh: new Set(made.map(({ issue }) => issue.id)) });
}
