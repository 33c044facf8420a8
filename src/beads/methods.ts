import type { Beads } from './beads.ts';
import type { BeadsContext } from './context.ts';

/**
 * The operations of the library by the name of their method, each in a module of its own that is
 * loaded when it is first called. The functions have the full documentation.
 */
const OPERATIONS = {
  /** Creates one issue. */
  create: async () => (await import('./operations/create.ts')).createIssue,
  /** Creates several issues, all or none of them. */
  createMany: async () => (await import('./operations/create.ts')).createIssues,
  /** What `create` would make; nothing is written. */
  preview: async () => (await import('./operations/create.ts')).previewIssue,
  /** Changes fields, labels or the parent of issues. */
  update: async () => (await import('./operations/update.ts')).updateIssues,
  /** Takes an issue: one winner among any number. */
  claim: async () => (await import('./operations/claim.ts')).claimIssue,
  /** Takes the first issue that is ready, or none. */
  claimReady: async () => (await import('./operations/claim-next.ts')).claimReady,
  /** Closes issues. */
  close: async () => (await import('./operations/close.ts')).closeIssues,
  /** Opens closed issues again. */
  reopen: async () => (await import('./operations/reopen.ts')).reopenIssues,
  /** Puts issues off. */
  defer: async () => (await import('./operations/defer.ts')).deferIssues,
  /** Takes back what `defer` did. */
  undefer: async () => (await import('./operations/defer.ts')).undeferIssues,
  /** Closes an issue as the duplicate of another. */
  markDuplicate: async () => (await import('./operations/replace.ts')).markDuplicate,
  /** Closes an issue that another one replaces. */
  supersede: async () => (await import('./operations/replace.ts')).supersedeIssue,
  /** What `delete` would remove; nothing is written. */
  planDelete: async () => (await import('./operations/delete.ts')).planDelete,
  /** Deletes issues and what hangs on them. */
  delete: async () => (await import('./operations/delete.ts')).deleteIssues,
  /** Makes issues wait for others. */
  addDependencies: async () => (await import('./operations/dependencies.ts')).addDependencies,
  /** Takes back what `addDependencies` did. */
  removeDependency: async () => (await import('./operations/dependencies.ts')).removeDependency,
  /** Says that two issues have to do with each other, or no longer. */
  relate: async () => (await import('./operations/dependencies.ts')).relateIssues,
  /** Gives a label to issues. */
  addLabel: async () => (await import('./operations/labels.ts')).addLabel,
  /** Takes a label from issues. */
  removeLabel: async () => (await import('./operations/labels.ts')).removeLabel,
  /** Gives a label to all children of an issue. */
  propagateLabel: async () => (await import('./operations/labels.ts')).propagateLabel,
  /** Adds a comment to an issue. */
  addComment: async () => (await import('./operations/comments.ts')).addComment,
  /** Creates the issues and dependencies of a plan, see `parseGraphPlan`. */
  createGraph: async () => (await import('./operations/create-graph.ts')).createGraph,
  /** Runs the operations of a script, see `parseBatch`. */
  batch: async () => (await import('./operations/batch.ts')).runBatch,
  /** Gives a text of an issue to a function and writes what comes back. */
  edit: async () => (await import('./operations/edit.ts')).editIssue,
  /** Issues that match a filter, a page of them. */
  list: async () => (await import('./query/list.ts')).listIssues,
  /** Issues by id with everything that hangs on them. */
  show: async () => (await import('./query/show.ts')).showIssues,
  /** Issues that nothing blocks. */
  ready: async () => (await import('./query/ready.ts')).readyWork,
  /** Why work is ready, and why it is not. */
  explainReady: async () => (await import('./query/explain.ts')).explainReady,
  /** Issues that wait for others, and for which. */
  blocked: async () => (await import('./query/blocked.ts')).blockedIssues,
  /** Issues whose title, id or external reference holds a text. */
  search: async () => (await import('./query/search.ts')).searchIssues,
  /** How many issues match a filter. */
  count: async () => (await import('./query/count.ts')).countIssues,
  /** The same, by status, type, priority, assignee or label. */
  countByGroup: async () => (await import('./query/count.ts')).countByGroup,
  /** Figures about all issues: how many are open, blocked, ready, … */
  statistics: async () => (await import('./query/stats.ts')).statistics,
  /** Issues that nobody touched for a while. */
  stale: async () => (await import('./query/stale.ts')).staleIssues,
  /** Epics and how many of their children are closed. */
  epics: async () => (await import('./query/epics.ts')).epicStatuses,
  /** The states of an issue in Dolt's history. */
  history: async () => (await import('./query/history.ts')).issueHistory,
  /** Issues that lack a section which their type should have. */
  lint: async () => (await import('./query/lint.ts')).lintIssues,
  /** The labels of an issue. */
  labels: async () => (await import('./query/label-list.ts')).labelsOf,
  /** All labels, and how many issues have each. */
  allLabels: async () => (await import('./query/label-list.ts')).allLabels,
  /** The comments on an issue, oldest first. */
  comments: async () => (await import('./query/comment-list.ts')).commentsOf,
  /** What issues depend on, or what depends on them. */
  dependencies: async () => (await import('./query/dependency-list.ts')).listDependencies,
  /** The same, all the way down or up. */
  dependencyTree: async () => (await import('./query/dependency-tree.ts')).dependencyTree,
  /** Circles of issues that wait for each other. */
  cycles: async () => (await import('./query/cycles.ts')).dependencyCycles,
  /** The conversation that a message is part of. */
  thread: async () => (await import('./query/thread.ts')).readThread,
  /** Writes every issue as JSONL, piece by piece. */
  exportIssues: async () => (await import('./transfer/export.ts')).exportIssues,
  /** Reads what `exportIssues` wrote, all or nothing. */
  importIssues: async () => (await import('./transfer/import.ts')).importIssues,
  /** The Dolt commits, a page of them. */
  log: async () => (await import('./history/log.ts')).readLog,
  /** What changed between two revisions, issue by issue. */
  diff: async () => (await import('./history/diff.ts')).diffRevisions,
  /** Branch, commit, and what is not committed yet. */
  versionStatus: async () => (await import('./history/status.ts')).readStatus,
  /** Makes a Dolt commit of all that is not committed yet. */
  commit: async () => (await import('./history/commit.ts')).commitAll,
  /** The Dolt branches. */
  branches: async () => (await import('./history/branches.ts')).listBranches,
  /** Makes a Dolt branch. */
  createBranch: async () => (await import('./history/branches.ts')).createBranch,
  /** Deletes a Dolt branch. */
  deleteBranch: async () => (await import('./history/branches.ts')).deleteBranch,
  /** Merges another branch into this one. */
  merge: async () => (await import('./history/merge.ts')).mergeRevision,
  /** Runs one SQL statement. */
  sql: async () => (await import('./operations/sql.ts')).runSql,
  /** The same as `importIssues`. */
  import: async () => (await import('./transfer/import.ts')).importIssues,
  /** The same as `exportIssues`. */
  export: async () => (await import('./transfer/export.ts')).exportIssues,
  /** The statuses that issues can have. */
  statuses: async () => (await import('./query/words.ts')).listStatuses,
  /** The types that issues can have. */
  types: async () => (await import('./query/words.ts')).listTypes,
} as const;

/** What has to do with the workspace: no part of a write with others. */
const WORKSPACE = {
  /** One setting, and where it comes from. */
  getConfig: async () => (await import('./workspace/opened-config.ts')).getSetting,
  /** Sets settings, each where it belongs. */
  setConfig: async () => (await import('./workspace/opened-config.ts')).setSettings,
  /** Takes a setting out of where it is kept. */
  unsetConfig: async () => (await import('./workspace/opened-config.ts')).unsetSetting,
  /** The settings that the database keeps. */
  listConfig: async () => (await import('./workspace/opened-config.ts')).databaseSettings,
  /** All settings and where each comes from. */
  showConfig: async () => (await import('./workspace/opened-config.ts')).allSettings,
  /** What is wrong with the configuration files. */
  validateConfig: async () => (await import('./workspace/opened-config.ts')).settingProblems,
  /** The Dolt remotes. */
  remotes: async () => (await import('./remotes/remotes.ts')).listRemotes,
  /** Adds a Dolt remote. */
  addRemote: async () => (await import('./remotes/remotes.ts')).addRemote,
  /** Removes a Dolt remote. */
  removeRemote: async () => (await import('./remotes/remotes.ts')).removeRemote,
  /** Pushes the history to a Dolt remote, and asks it where it is then. */
  push: async () => (await import('./remotes/push.ts')).pushHistory,
  /** Fetches from a Dolt remote and merges, all of it or nothing. */
  pull: async () => (await import('./remotes/pull.ts')).pullHistory,
  /** Other installations that this one is synced with. */
  peers: async () => (await import('./federation/peers.ts')).listPeers,
  /** Adds another installation to sync with. */
  addPeer: async () => (await import('./federation/peers.ts')).addPeer,
  /** Removes one, and its credentials. */
  removePeer: async () => (await import('./federation/peers.ts')).removePeer,
  /** Keeps user and password of a peer, encrypted. */
  setPeerCredentials: async () => (await import('./federation/peers.ts')).setCredentials,
  /** Fetches from peers, merges and pushes. */
  syncPeers: async () => (await import('./federation/sync.ts')).syncPeers,
  /** How far each peer is ahead or behind, and when it was synced. */
  federationStatus: async () => (await import('./federation/status.ts')).federationStatus,
  /** Checks that the database answers. */
  ping: async () => (await import('./workspace/information.ts')).pingDatabase,
  /** What the database says about itself. */
  info: async () => (await import('./workspace/information.ts')).databaseInformation,
  /** Which `.beads` directory and database are used. */
  where: async () => (await import('./workspace/information.ts')).whereOpened,
  /** Backs the database up with its history, and verifies the backup. */
  backUp: async () => (await import('./backup/backup.ts')).backUpBeads,
  /** Repository, database and server of the workspace. */
  workspace: async () => (await import('./workspace/information.ts')).workspaceOf,
} as const;

type Table = Readonly<Record<string, () => Promise<unknown>>>;
type Methods<T extends Table> = { readonly [K in keyof T]: WithoutContext<Awaited<ReturnType<T[K]>>> };
type WithoutContext<F> = F extends (ctx: Beads, ...rest: infer A) => infer R
  ? (...args: A) => Promise<Awaited<R>>
  : never;

/** Everything that can be done with issues, as methods. */
export type BeadsMethods = Methods<typeof OPERATIONS> & {
  /**
   * Runs several operations as one write: all or nothing, one Dolt commit. They must go through the
   * object that `work` is given; `work` may run again after a conflict.
   *
   * @example
   * await beads.together(async (inner) => {
   *   await inner.close(['hm-a1']);
   *   await inner.create({ title: 'Next' });
   * });
   */
  together<T>(work: (beads: BeadsMethods) => Promise<T>): Promise<T>;
};

/** What can be asked of a workspace and its settings, as methods. */
export type WorkspaceMethods = Methods<typeof WORKSPACE>;

/** An open database with its methods, as the package exports it. */
export interface OpenBeads extends BeadsMethods, WorkspaceMethods {
  /** What the functions of the library take as their first argument. */
  readonly context: Beads;
  /** Ends the connections or the child process. May be called twice. */
  end(): Promise<void>;
}

/** Gives an open database its methods. */
export function withMethods(beads: Beads): OpenBeads {
  const methods = { ...methodsOf(beads), ...bound(WORKSPACE, beads) };
  return { ...methods, create: gatheredCreate(beads), context: beads, end: () => beads.close() };
}

/** Callers that create at the same time share a write; within `together` they share one anyway. */
function gatheredCreate(ctx: BeadsContext): BeadsMethods['create'] {
  let loaded: Promise<BeadsMethods['create']> | undefined;
  return async (input) => {
    loaded ??= import('./operations/gathered-creates.ts').then(({ gatherCreates }) => gatherCreates(ctx));
    return (await loaded)(input);
  };
}

function methodsOf(ctx: BeadsContext): BeadsMethods {
  const together: BeadsMethods['together'] = async (work) => {
    const { together: joined } = await import('./write/write.ts');
    return joined(ctx, 'together', (inner) => work(methodsOf(inner)));
  };
  return { ...bound(OPERATIONS, ctx), together };
}

/** Methods whose first argument is a list of ids. */
const OF_SEVERAL: ReadonlySet<string> = new Set([
  ...['update', 'close', 'reopen', 'defer', 'undefer', 'delete', 'planDelete', 'show', 'addLabel', 'removeLabel'],
]);

function bound<T extends Table>(table: T, ctx: BeadsContext): Methods<T> {
  const methods = Object.entries(table).map(([name, load]) => {
    const method = async (...args: unknown[]) => {
      // Each function takes the context and then the arguments of its own method: see the types.
      const operation = (await load()) as (ctx: BeadsContext, ...args: unknown[]) => unknown;
      const [first, ...rest] = args;
      // A program without types may name one issue; a text would be taken for a list of its letters.
      if (OF_SEVERAL.has(name) && typeof first === 'string') return operation(ctx, [first], ...rest);
      return operation(ctx, ...args);
    };
    return [name, method];
  });
  return Object.fromEntries(methods) as Methods<T>;
}
