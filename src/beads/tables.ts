/** The tables that one kind of issue lives in: `issues` and what hangs on it, or the same for wisps. */
export interface IssueTables {
  readonly issues: 'issues' | 'wisps';
  readonly labels: 'labels' | 'wisp_labels';
  readonly dependencies: 'dependencies' | 'wisp_dependencies';
  readonly events: 'events' | 'wisp_events';
  readonly comments: 'comments' | 'wisp_comments';
}

const VERSIONED: IssueTables = {
  issues: 'issues',
  labels: 'labels',
  dependencies: 'dependencies',
  events: 'events',
  comments: 'comments',
};

const LOCAL: IssueTables = {
  issues: 'wisps',
  labels: 'wisp_labels',
  dependencies: 'wisp_dependencies',
  events: 'wisp_events',
  comments: 'wisp_comments',
};

/** @param wisp whether the issue is a wisp, which stays out of Dolt's history */
export function tablesOf(wisp: boolean): IssueTables {
  return wisp ? LOCAL : VERSIONED;
}

/** Whether a table is kept out of Dolt's history by `dolt_ignore`. */
export function isLocalTable(table: string): boolean {
  return table.startsWith('wisp') || table === 'local_metadata' || table === 'repo_mtimes';
}

/** Splits issues by the tables that they live in; empty groups are left out. */
export function byTables<T extends { readonly wisp: boolean }>(issues: readonly T[]): [IssueTables, T[]][] {
  const groups: [IssueTables, T[]][] = [
    [VERSIONED, issues.filter((issue) => !issue.wisp)],
    [LOCAL, issues.filter((issue) => issue.wisp)],
  ];
  return groups.filter(([, members]) => members.length > 0);
}
