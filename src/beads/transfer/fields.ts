import { AppError } from '../../errors.ts';
import { sqlTime } from '../dates.ts';
import { rfc3339 } from '../issue-row.ts';

/** How Go writes a time that is none. */
const ZERO_YEAR = '0001-';
const INT_MAX = 2_147_483_647;

/** The members of a JSON object, read with their types checked. Null and empty count as absent. */
export class Fields {
  private readonly members: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('not a JSON object');
    // An object that JSON.parse made has string keys.
    this.members = value as Record<string, unknown>;
  }

  /** The names of the members. What may not be empty and is, is not among them. @param full names of such */
  names(full: readonly string[]): ReadonlySet<string> {
    const isSaid = (name: string) => {
      const value = this.members[name] ?? '';
      return value !== '' && !(typeof value === 'string' && value.startsWith(ZERO_YEAR));
    };
    return new Set(Object.keys(this.members).filter((name) => !full.includes(name) || isSaid(name)));
  }

  /** An id as it can be typed: one word. */
  id(): string {
    const id = this.required('id');
    if (/[\s\p{Control}]/u.test(id)) throw invalid(`"${id}" is no id: it is not one word`);
    return id;
  }

  /** A text, empty when absent. */
  text(name: string): string {
    const value = this.members[name] ?? '';
    if (typeof value !== 'string') throw invalid(`"${name}" is not a text`);
    return value;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value.trim() === '') throw invalid(`"${name}" is missing`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.members[name] ?? false;
    if (typeof value === 'boolean') return value;
    if (value === 0 || value === 1) return value === 1;
    throw invalid(`"${name}" is not true or false`);
  }

  /** An integer, undefined when absent. @param most what the column holds */
  number(name: string, most = INT_MAX): number | undefined {
    const value = this.integer(name);
    if (value === undefined || (value >= 0 && value <= most)) return value;
    throw invalid(`"${name}" is not between 0 and ${most}: ${value}`);
  }

  priority(): number {
    const value = this.integer('priority') ?? 2;
    if (value < 0 || value > 4) throw invalid(`invalid priority "${value}" (expected 0-4)`);
    return value;
  }

  /** RFC 3339 in UTC, cut to whole seconds; undefined when absent. */
  time(name: string): string | undefined {
    const text = this.text(name);
    if (text === '' || text.startsWith(ZERO_YEAR)) return undefined;
    const date = new Date(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.test(text) ? `${text.replace(' ', 'T')}Z` : text);
    if (Number.isNaN(date.getTime())) throw invalid(`"${name}" is not a time: "${text}"`);
    return rfc3339(sqlTime(date));
  }

  list(name: string): readonly unknown[] {
    const value = this.members[name] ?? [];
    if (!Array.isArray(value)) throw invalid(`"${name}" is not a list`);
    return value;
  }

  texts(name: string): string[] {
    return this.list(name).map((value) => {
      if (typeof value !== 'string') throw invalid(`"${name}" is not a list of texts`);
      return value;
    });
  }

  /** JSON as it is, its keys sorted as the database sorts them; `{}` counts as none. */
  metadata(): { metadata?: unknown } {
    const value = this.members['metadata'] ?? undefined;
    if (value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0))
      return {};
    if (typeof value !== 'object' || Array.isArray(value)) throw invalid('"metadata" is not a JSON object');
    return { metadata: value };
  }

  private integer(name: string): number | undefined {
    const value = this.members[name] ?? undefined;
    if (value === undefined || (typeof value === 'number' && Number.isInteger(value))) return value;
    throw invalid(`"${name}" is not an integer`);
  }

  givenTexts(names: readonly string[]): Record<string, string> {
    return given(names, (name) => this.text(name) || undefined);
  }

  givenTimes(names: readonly string[]): Record<string, string> {
    return given(names, (name) => this.time(name));
  }

  /** Zero counts as absent, but for an estimate. */
  givenNumbers(names: readonly string[], most?: number): Record<string, number> {
    return given(
      names,
      (name) => this.number(name, most) || (name === 'estimated_minutes' ? this.number(name) : undefined),
    );
  }

  givenFlags(names: readonly string[]): Record<string, true> {
    return given(names, (name) => this.flag(name) || undefined);
  }
}

function given<T>(names: readonly string[], read: (name: string) => T | undefined): Record<string, T> {
  const found: Record<string, T> = {};
  for (const name of names) {
    const value = read(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

function invalid(message: string): AppError {
  return new AppError('VALIDATION', message);
}
