import { AppError } from '../errors.ts';

/** How a check came out. A warning is something to look at; only an error makes a doctor fail. */
export type CheckStatus = 'ok' | 'warning' | 'error';

/** What a check found. */
export interface Finding<M = never> {
  readonly status: CheckStatus;
  /** One line. */
  readonly message: string;
  /** More lines: ids, paths. */
  readonly detail?: string;
  /** The command that mends it, or what to do. */
  readonly fix?: string;
  /** Mends it where that is safe without asking. */
  readonly mend?: M;
}

/** Something that a doctor looks at. It changes nothing. */
export interface Check<S, M = never> {
  readonly name: string;
  readonly category: string;
  /** An AppError that is thrown is the finding. */
  examine(subject: S): Promise<Finding<M>>;
}

/** A check with what it found. */
export interface Examined<M = never> extends Finding<M> {
  readonly name: string;
  readonly category: string;
}

/** A check in the JSON of both doctors. */
export interface CheckResult {
  name: string;
  category: string;
  status: CheckStatus;
  message: string;
  detail?: string;
  fix?: string;
}

/** A mend that was made, or that failed. */
export interface MendResult {
  name: string;
  done: boolean;
  message: string;
}

/** All is well. */
export function fine(message: string): { status: 'ok'; message: string } {
  return { status: 'ok', message };
}

/**
 * Runs checks one after the other; none keeps the next from running.
 *
 * @example const results = await examineAll(TOWN_CHECKS, town);
 */
export async function examineAll<S, M>(checks: readonly Check<S, M>[], subject: S): Promise<Examined<M>[]> {
  const results: Examined<M>[] = [];
  for (const { name, category, examine } of checks) {
    results.push({ name, category, ...(await examine(subject).catch(findingOf)) });
  }
  return results;
}

/** An error as a finding. @throws what is no AppError: a defect */
export function findingOf(thrown: unknown): Finding {
  if (!(thrown instanceof AppError)) throw thrown;
  return { status: 'error', message: thrown.message, ...(thrown.hint ? { fix: thrown.hint } : {}) };
}

/** What of a check goes into JSON. */
export function checkResult({ name, category, status, message, detail, fix }: Examined<unknown>): CheckResult {
  return {
    ...{ name, category, status, message },
    ...(detail === undefined ? {} : { detail }),
    ...(fix === undefined ? {} : { fix }),
  };
}

/** Makes mends one after the other; what one of them cannot do is told, and the next is tried. */
export async function mendAll<M>(
  examined: readonly Examined<M>[],
  run: (mend: M) => Promise<string>,
): Promise<MendResult[]> {
  const results: MendResult[] = [];
  for (const { name, mend } of examined) {
    if (mend === undefined) continue;
    try {
      results.push({ name, done: true, message: await run(mend) });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      results.push({ name, done: false, message: error.message });
    }
  }
  return results;
}

/** `3 labels`, `1 label`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** The first few of a list, for a finding's detail. */
export function listed(items: readonly string[], limit = 10): string {
  const shown = items.slice(0, limit);
  return [...shown, ...(items.length > limit ? [`… and ${items.length - limit} more`] : [])].join('\n');
}

/**
 * A path as a shell takes it for one word, for a finding's fix.
 *
 * @example shellWord('/home/ann/my app') // '/home/ann/my app' in single quotes
 */
export function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
