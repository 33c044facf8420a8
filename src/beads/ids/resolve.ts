import type { Queryable, Row } from '../../database/types.ts';
import { AppError } from '../../errors.ts';

/** An issue that exists, where (in `wisps` and its tables, or in `issues`), and what it is. */
export interface IssueRef {
  readonly id: string;
  readonly wisp: boolean;
  readonly title: string;
  readonly type: string;
  readonly status: string;
}

// Before the first dash: what looks like the prefix of some database.
const PREFIXED = /^[a-z0-9]{1,8}-[a-z0-9]/i;

/**
 * Finds the issues that were meant: the whole id, the id without its prefix, or any part of the
 * suffix that only one id has. An exact suffix wins over a part. Whole ids cost one round trip.
 *
 * @returns for each input, in order, the issue or the error (NOT_FOUND, or VALIDATION when several fit)
 * @example const [first] = await resolveIds(db, ['a1b']);
 */
export async function resolveIds(db: Queryable, inputs: readonly string[]): Promise<(IssueRef | AppError)[]> {
  const exact = await findExact(db, inputs);
  const missing = inputs.filter((input) => !exact.has(input));
  if (missing.length === 0) return inputs.map((input) => exact.get(input) ?? noneMatches(input));
  const prefix = await readPrefix(db);
  const completed = await findExact(
    db,
    missing.filter((input) => !PREFIXED.test(input)).map((input) => `${prefix}-${input}`),
  );
  const found = new Map<string, IssueRef | AppError>();
  for (const input of missing) {
    found.set(input, completed.get(`${prefix}-${input}`) ?? (await findByPart(db, input, prefix)));
  }
  return inputs.map((input) => exact.get(input) ?? found.get(input) ?? noneMatches(input));
}

/**
 * As {@link resolveIds}, but a part of an id stands for none.
 *
 * @returns the error for a part that fits names the issue in its hint
 */
export async function resolveWholeIds(db: Queryable, inputs: readonly string[]): Promise<(IssueRef | AppError)[]> {
  const prefix = await readPrefix(db);
  const wholes = await findExact(db, [...inputs, ...inputs.map((input) => `${prefix}-${input}`)]);
  return Promise.all(
    inputs.map(async (input) => {
      const whole = wholes.get(input) ?? wholes.get(`${prefix}-${input}`);
      if (whole) return whole;
      const near = await findByPart(db, input, prefix);
      if (near instanceof AppError) return noneMatches(input);
      const { code, message } = noneMatches(input);
      return new AppError(code, message, { hint: `this takes whole ids; "${input}" is a part of ${near.id}` });
    }),
  );
}

/**
 * The one issue that was meant.
 *
 * @throws AppError NOT_FOUND, or VALIDATION when several fit
 * @example const { id } = await resolveId(db, 'a1b');
 */
export async function resolveId(db: Queryable, input: string): Promise<IssueRef> {
  const [found] = await resolveIds(db, [input]);
  if (found === undefined || found instanceof AppError) throw found ?? noneMatches(input);
  return found;
}

/** Which of these whole ids exist. Asks for wisps only when there are ids that `issues` lacks. */
export async function findExact(db: Queryable, ids: readonly string[]): Promise<Map<string, IssueRef>> {
  const found = new Map<string, IssueRef>();
  for (const table of ['issues', 'wisps'] as const) {
    const wanted = [...new Set(ids)].filter((id) => id !== '' && !found.has(id));
    if (wanted.length === 0 || (table === 'wisps' && !(await hasWisps(db)))) break;
    const places = wanted.map(() => '?').join(', ');
    const rows = await db.query(`SELECT ${COLUMNS} FROM ${table} WHERE id IN (${places})`, wanted);
    for (const row of rows) found.set(String(row['id']), decodeRef(row, table === 'wisps'));
  }
  return found;
}

/** Whether the database has the tables of wisps: a fresh clone that was only read lacks them. */
export async function hasWisps(db: Queryable): Promise<boolean> {
  return (await db.query("SHOW TABLES LIKE 'wisps'")).length > 0;
}

/** The error for an id that nothing fits. */
export function noneMatches(input: string): AppError {
  return new AppError('NOT_FOUND', `no issue found matching "${input}"`);
}

async function readPrefix(db: Queryable): Promise<string> {
  const [row] = await db.query("SELECT value FROM config WHERE `key` = 'issue_prefix'");
  return String(row?.['value'] ?? '').replace(/-$/, '');
}

async function findByPart(db: Queryable, input: string, prefix: string): Promise<IssueRef | AppError> {
  const part = input.startsWith(`${prefix}-`) ? input.slice(prefix.length + 1) : input;
  if (part === '') return noneMatches(input);
  const matches: IssueRef[] = [];
  for (const table of ['issues', 'wisps'] as const) {
    if (table === 'wisps' && !(await hasWisps(db))) break;
    // LOCATE knows no wildcards, so a typed % or _ means itself.
    const rows = await db.query(`SELECT ${COLUMNS} FROM ${table} WHERE LOCATE(?, id) > 0 ORDER BY id`, [part]);
    matches.push(...rows.map((row) => decodeRef(row, table === 'wisps')));
  }
  const fitting = matches.filter(({ id }) => suffixOf(id, prefix).includes(part));
  const same = fitting.filter(({ id }) => suffixOf(id, prefix) === part);
  const [only] = same.length > 0 ? same : fitting;
  if (only === undefined) return noneMatches(input);
  if ((same.length || fitting.length) === 1) return only;
  return ambiguous(input, fitting);
}

function suffixOf(id: string, prefix: string): string {
  return id.startsWith(`${prefix}-`) ? id.slice(prefix.length + 1) : id.slice(id.indexOf('-') + 1);
}

const COLUMNS = 'id, title, issue_type, status';

function decodeRef(row: Row, wisp: boolean): IssueRef {
  return {
    id: String(row['id']),
    wisp,
    title: String(row['title'] ?? ''),
    type: String(row['issue_type'] ?? ''),
    status: String(row['status'] ?? ''),
  };
}

const SHOWN = 10;

function ambiguous(input: string, matches: readonly IssueRef[]): AppError {
  const shown = matches.slice(0, SHOWN).map(({ id }) => id);
  if (matches.length > SHOWN) shown.push('…');
  return new AppError(
    'VALIDATION',
    `ambiguous ID "${input}" matches ${matches.length} issues: [${shown.join(' ')}]\nUse more characters to disambiguate`,
  );
}
