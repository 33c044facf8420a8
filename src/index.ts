/**
 * The library behind `gt dolt` and `bd`.
 *
 * @example
 * import { openBeads, openTown } from 'gastown-dolt';
 *
 * const town = openTown();
 * await town.start({ rigs: [], timeoutMs: 30_000 });
 * const beads = await openBeads({ dir: '/home/ann/project' });
 * const { id } = await beads.create({ title: 'Fix the login' });
 * await beads.end();
 */

export { parseDate } from './beads/dates.ts';
export type { Comment, Dependency, Issue } from './beads/issue.ts';
export type { BeadsMethods, OpenBeads } from './beads/methods.ts';
export { type BatchOperation, parseBatch } from './beads/operations/batch-script.ts';
export { type GraphPlan, parseGraphPlan } from './beads/operations/graph-plan.ts';
export { parseMarkdownIssues } from './beads/operations/markdown-issues.ts';
export type { NewIssue } from './beads/operations/new-issue.ts';
export type { IssueChanges } from './beads/operations/update.ts';
export type { IssueFilter, SortKey, TimeSpan } from './beads/query/filter.ts';
export type { ListedIssue } from './beads/query/listed.ts';
export type { ShownIssue } from './beads/query/show.ts';
export { AppError, ERROR_CODES, type ErrorCode } from './errors.ts';
export { type OpenBeadsDirectory, type OpenBeadsEndpoint, openBeads } from './open-beads.ts';
export { type OpenTownOptions, openTown } from './open-town.ts';
export type { RigStatus } from './supervisor/rig-status.ts';
export type { ChangeOptions, RigResult, StartOptions, StopOptions, Town } from './supervisor/town.ts';
export type { TownStatus } from './supervisor/town-status.ts';
