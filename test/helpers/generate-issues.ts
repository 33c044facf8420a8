import type { Connection } from 'mysql2/promise';

/** Rows of a database of issues, in the order of the columns below. Equal options give equal rows. */
export interface GeneratedRows {
  readonly issues: readonly GeneratedIssue[];
  readonly dependencies: readonly GeneratedDependency[];
  readonly labels: readonly { issue_id: string; label: string }[];
  readonly comments: readonly { id: string; issue_id: string; author: string; text: string; created_at: string }[];
  readonly events: readonly GeneratedEvent[];
}

export interface GeneratedIssue {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly design: string;
  readonly acceptance_criteria: string;
  readonly notes: string;
  readonly status: string;
  readonly priority: number;
  readonly issue_type: string;
  readonly assignee: string | null;
  readonly created_at: string;
  readonly created_by: string;
  readonly owner: string;
  readonly updated_at: string;
  readonly started_at: string | null;
  readonly closed_at: string | null;
  readonly close_reason: string;
  readonly defer_until: string | null;
  readonly pinned: number;
  readonly work_type: string;
  readonly metadata: string;
}

export interface GeneratedDependency {
  readonly issue_id: string;
  readonly depends_on_id: string;
  readonly type: string;
  readonly created_at: string;
  readonly created_by: string;
  readonly metadata: string;
  readonly thread_id: string;
}

export interface GeneratedEvent {
  readonly id: string;
  readonly issue_id: string;
  readonly event_type: string;
  readonly actor: string;
  readonly old_value: string;
  readonly new_value: string;
  readonly created_at: string;
}

export interface GenerateOptions {
  /** How many issues. */
  count: number;
  /** Default: 0.3 for each issue. */
  dependencies?: number;
  prefix?: string;
  seed?: number;
  /** The newest time of a row. */
  now?: Date;
}

const DAY_MS = 86_400_000;
const STATUSES = ['open', 'open', 'open', 'open', 'open', 'in_progress', 'closed', 'closed', 'closed', 'blocked'];
const TYPES = ['task', 'task', 'task', 'bug', 'bug', 'feature', 'chore', 'epic'];
const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];
const LABELS = ['ui', 'api', 'db', 'docs', 'ci', 'perf', 'urgent', 'needs-review', 'good-first', 'security'];
const WORDS =
  'the server must not lose a row when it is stopped while a writer holds its turn and the reader sees the old page until the commit is done'.split(
    ' ',
  );

/**
 * Makes rows that look like a project that has been worked on for a year: most issues open, some
 * blocked, epics with children, labels, comments and two events an issue.
 *
 * @example const rows = generateIssues({ count: 10_000, dependencies: 3_000 });
 */
export function generateIssues(options: GenerateOptions): GeneratedRows {
  const { count, prefix = 'gen', seed = 1, now = new Date('2026-06-01T12:00:00Z') } = options;
  const random = mulberry32(seed);
  const pick = <T>(items: readonly [T, ...T[]] | readonly T[]): T => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  };
  const text = (words: number) => Array.from({ length: words }, () => pick(WORDS)).join(' ');
  const time = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
  const uuid = (kind: number, index: number) =>
    `${kind.toString(16).padStart(8, '0')}-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;

  const issues = Array.from({ length: count }, (_, index): GeneratedIssue => {
    const created = now.getTime() - Math.floor(random() * 365 * DAY_MS);
    const updated = created + Math.floor(random() * (now.getTime() - created));
    const status = pick(STATUSES);
    return {
      id: `${prefix}-${index.toString(36).padStart(4, '0')}`,
      title: `${index}: ${text(6)}`,
      description: text(30),
      design: random() < 0.3 ? text(40) : '',
      acceptance_criteria: random() < 0.3 ? text(20) : '',
      notes: '',
      status,
      priority: Math.floor(random() * 5),
      issue_type: pick(TYPES),
      assignee: random() < 0.5 ? pick(PEOPLE) : null,
      created_at: time(created),
      created_by: pick(PEOPLE),
      owner: 'team@example.org',
      updated_at: time(updated),
      started_at: status === 'in_progress' ? time(updated) : null,
      closed_at: status === 'closed' ? time(updated) : null,
      close_reason: status === 'closed' ? 'Closed' : '',
      defer_until: status === 'open' && random() < 0.02 ? time(now.getTime() + DAY_MS) : null,
      pinned: 0,
      work_type: '',
      metadata: '{}',
    };
  });

  const edges = new Map<string, GeneratedDependency>();
  const wanted = count < 2 ? 0 : (options.dependencies ?? Math.floor(count * 0.3));
  while (edges.size < wanted) {
    const a = Math.floor(random() * count);
    const b = Math.floor(random() * count);
    const [later, earlier] = [issues[Math.max(a, b)], issues[Math.min(a, b)]];
    if (a === b || !later || !earlier) continue;
    const roll = random();
    const type = roll < 0.65 ? 'blocks' : roll < 0.9 ? 'parent-child' : roll < 0.97 ? 'related' : 'waits-for';
    edges.set(`${later.id} ${earlier.id}`, {
      issue_id: later.id,
      depends_on_id: earlier.id,
      type,
      created_at: later.created_at,
      created_by: later.created_by,
      metadata: '{}',
      thread_id: '',
    });
  }

  const labels = issues.flatMap(({ id }) => {
    const chosen = new Set(Array.from({ length: Math.floor(random() * 4) }, () => pick(LABELS)));
    return [...chosen].map((label) => ({ issue_id: id, label }));
  });
  const comments = issues
    .filter(() => random() < 0.15)
    .map((issue, index) => ({
      id: uuid(1, index),
      issue_id: issue.id,
      author: pick(PEOPLE),
      text: text(15),
      created_at: issue.updated_at,
    }));
  const event = (issue: GeneratedIssue, kind: number, index: number, type: string): GeneratedEvent => ({
    id: uuid(kind, index),
    issue_id: issue.id,
    event_type: type,
    actor: issue.created_by,
    old_value: '',
    new_value: type === 'created' ? '' : issue.close_reason,
    created_at: type === 'created' ? issue.created_at : issue.updated_at,
  });
  const events = issues.flatMap((issue, index) => [
    event(issue, 2, index, 'created'),
    ...(issue.status === 'closed' ? [event(issue, 3, index, 'closed')] : []),
  ]);
  return { issues, dependencies: [...edges.values()], labels, comments, events };
}

/**
 * Inserts rows with one connection, in one transaction, in statements of `batch` rows. The schema
 * must be there.
 */
export async function insertRows(connection: Connection, rows: GeneratedRows, batch = 500): Promise<void> {
  await connection.query('START TRANSACTION');
  const tables = ['issues', 'dependencies', 'labels', 'comments', 'events'] as const;
  for (const table of tables) await insertTable(connection, table, rows[table], batch);
  await connection.query('COMMIT');
}

async function insertTable(
  connection: Connection,
  table: string,
  rows: readonly object[],
  batch: number,
): Promise<void> {
  for (let at = 0; at < rows.length; at += batch) {
    const page = rows.slice(at, at + batch);
    const columns = Object.keys(page[0] ?? {});
    const values = page.map((row) => Object.values(row));
    await connection.query(`INSERT INTO ${table} (${columns.map((name) => `\`${name}\``).join(', ')}) VALUES ?`, [
      values,
    ]);
  }
}

/** A small generator of numbers in [0, 1) with 32 bits of state (mulberry32). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
