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

export type { BackUpOptions } from './beads/backup/backup.ts';
export type { RestoreResult } from './beads/backup/restore.ts';
export { parseDate } from './beads/dates.ts';
export type { DoctorReport } from './beads/doctor/doctor.ts';
export type { Branch, BranchList } from './beads/history/branches.ts';
export type { CommitResult } from './beads/history/commit.ts';
export type { RevisionDiff } from './beads/history/diff.ts';
export type { IssueChange } from './beads/history/issue-changes.ts';
export type { Commit, LogOptions, LogPage } from './beads/history/log.ts';
export type { MergeOptions, MergeResult } from './beads/history/merge.ts';
export type { UncommittedIssue, VersionStatus } from './beads/history/status.ts';
export type { Comment, Dependency, Issue } from './beads/issue.ts';
export type { BeadsMethods, OpenBeads, WorkspaceMethods } from './beads/methods.ts';
export type { MigrateResult } from './beads/migrate/migrate.ts';
export type { MigrationPlan } from './beads/migrate/plan.ts';
export type { MoveResult } from './beads/move/move-context.ts';
export type { BatchResult } from './beads/operations/batch.ts';
export { type BatchOperation, parseBatch } from './beads/operations/batch-script.ts';
export type { CloseOptions, CloseResult } from './beads/operations/close.ts';
export type { DeleteOptions } from './beads/operations/delete.ts';
export type { DeletePlan } from './beads/operations/delete-plan.ts';
export type { DependencyChange, NewDependency } from './beads/operations/dependencies.ts';
export type { EditResult } from './beads/operations/edit.ts';
export { type GraphPlan, parseGraphPlan } from './beads/operations/graph-plan.ts';
export type { FieldChanges } from './beads/operations/issue-changes.ts';
export type { LabelResult } from './beads/operations/labels.ts';
export { parseMarkdownIssues } from './beads/operations/markdown-issues.ts';
export type { InitialDependency, NewIssue } from './beads/operations/new-issue.ts';
export type { ReopenResult } from './beads/operations/reopen.ts';
export type { ReplaceResult } from './beads/operations/replace.ts';
export type { SqlAnswer } from './beads/operations/sql.ts';
export type { IssueChanges, UpdateResult } from './beads/operations/update.ts';
export type { BlockedIssue, BlockedOptions } from './beads/query/blocked.ts';
export type { CountGroup, GroupCount } from './beads/query/count.ts';
export type { DependencyList } from './beads/query/dependency-list.ts';
export type { DependencyTree, TreeNode, TreeOptions } from './beads/query/dependency-tree.ts';
export type { EpicStatus } from './beads/query/epics.ts';
export type { IssueFilter, SortKey, TimeSpan } from './beads/query/filter.ts';
export type { IssueEventRow, IssueHistory } from './beads/query/history.ts';
export type { LabelCount } from './beads/query/label-list.ts';
export type { Direction, LinkedIssue } from './beads/query/links.ts';
export type { LintOptions, LintReport, LintResult } from './beads/query/lint.ts';
export type { ListOptions } from './beads/query/list.ts';
export type { ListedIssue, ListResult } from './beads/query/listed.ts';
export type { ReadyOptions, ReadyResult } from './beads/query/ready.ts';
export type { SearchOptions } from './beads/query/search.ts';
export type { ShownIssue, ShowResult } from './beads/query/show.ts';
export type { StaleOptions } from './beads/query/stale.ts';
export type { Statistics } from './beads/query/stats.ts';
export type { StatusesResult, TypesResult } from './beads/query/words.ts';
export type { PullOptions, PullResult } from './beads/remotes/pull.ts';
export type { PushOptions, PushResult } from './beads/remotes/push.ts';
export type { DoltRemote } from './beads/remotes/remotes.ts';
export type { ExportChunk, ExportOptions } from './beads/transfer/export.ts';
export type { ImportOptions, ImportResult } from './beads/transfer/import.ts';
export type { ConfigChangeOptions, ConfigEntry } from './beads/workspace/config-store.ts';
export type { WorkspaceContext } from './beads/workspace/describe.ts';
export type { InfoResult, WhereResult } from './beads/workspace/information.ts';
export type { InitResult } from './beads/workspace/init.ts';
export type { ConfigProblem } from './beads/workspace/validate-config.ts';
export { type BootstrapBeadsOptions, type BootstrapReport, bootstrapBeads } from './bootstrap-beads.ts';
export type { MadeBackup } from './database/backup/make-backup.ts';
export { AppError, ERROR_CODES, type ErrorCode } from './errors.ts';
export { type ExamineOptions, examineWorkspace } from './examine-workspace.ts';
export { type InitBeadsOptions, initBeads } from './init-beads.ts';
export { type OpenBeadsDirectory, type OpenBeadsEndpoint, openBeads } from './open-beads.ts';
export { type OpenTownOptions, openTown } from './open-town.ts';
export {
  type MigrateBeadsOptions,
  type MoveBeadsOptions,
  migrateBeads,
  moveBeads,
  planMigration,
  type RestoreBeadsOptions,
  restoreBeads,
} from './store-beads.ts';
export type { RigBackup } from './supervisor/backup-rig.ts';
export type { TownReport } from './supervisor/doctor/examine-town.ts';
export type { RestoredRig } from './supervisor/restore-rig.ts';
export type { RigStatus } from './supervisor/rig-status.ts';
export type { Town } from './supervisor/town.ts';
export type {
  ChangeOptions,
  RigResult,
  StartOptions,
  StopOptions,
  TownBackupOptions,
  TownRestoreOptions,
} from './supervisor/town-options.ts';
export type { TownStatus } from './supervisor/town-status.ts';
export type { CollectedRig } from './supervisor/upkeep/collect-garbage.ts';
export type { CompactedRig } from './supervisor/upkeep/compact-rig.ts';
export type { CheckResult, MendResult } from './util/diagnosis.ts';
