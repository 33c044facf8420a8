/** What became of a row, or of one of its values. */
export type Effect =
  /** It has no place in Dolt and stays in the backup. */
  | 'left-behind'
  /** It goes over, but not as it was. */
  | 'changed'
  /** It goes over as it is. */
  | 'noted';

export type ProblemKind =
  | 'deleted'
  | 'missing-issue'
  | 'second-edge'
  | 'without-id'
  | 'duplicate'
  | 'no-place'
  | 'bookkeeping'
  | 'too-long'
  | 'bad-date'
  | 'bad-number'
  | 'bad-json'
  | 'bad-text'
  | 'closed-at'
  | 'dangling'
  | 'unknown-status'
  | 'unknown-type';

/** Something about a row of SQLite that the user should know. */
export interface Problem {
  readonly kind: ProblemKind;
  readonly effect: Effect;
  /** The table in SQLite. */
  readonly table: string;
  /** Which row: an id, or what tells the rows of the table apart. */
  readonly row: string;
  /** The column, where it is about one value. */
  readonly field?: string;
  readonly message: string;
  /** Rows that this stands for, where it is more than one. */
  readonly rows?: number;
}

/** Rows of one table of SQLite. */
export interface TableCount {
  readonly table: string;
  /** In SQLite. */
  readonly rows: number;
  /** That go over. */
  readonly migrated: number;
  /** Of these, the ones that go to a table of wisps. */
  readonly wisps: number;
  readonly leftBehind: number;
}

/** Collects counts and problems of one pass over the rows. */
export interface Report {
  readonly problems: readonly Problem[];
  /** A row was read. */
  read(table: string, rows?: number): void;
  /** A row goes over. */
  migrated(table: string, wisp: boolean): void;
  problem(problem: Problem): void;
  counts(): TableCount[];
}

export function createReport(): Report {
  const problems: Problem[] = [];
  const tables = new Map<string, { rows: number; migrated: number; wisps: number }>();
  const of = (table: string) => {
    const known = tables.get(table) ?? { rows: 0, migrated: 0, wisps: 0 };
    tables.set(table, known);
    return known;
  };
  return {
    problems,
    read(table, rows = 1) {
      of(table).rows += rows;
    },
    migrated(table, wisp) {
      const count = of(table);
      count.migrated += 1;
      if (wisp) count.wisps += 1;
    },
    problem(problem) {
      problems.push(problem);
    },
    counts() {
      return [...tables].map(([table, { rows, migrated, wisps }]) => {
        return { table, rows, migrated, wisps, leftBehind: rows - migrated };
      });
    },
  };
}
