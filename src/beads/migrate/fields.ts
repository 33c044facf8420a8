import type { SqlParameter } from '../../database/types.ts';
import { sqlTime } from '../dates.ts';
import { MAX_TEXT_BYTES } from '../field-limits.ts';
import { legacyJson } from './legacy-json.ts';
import { legacyTime } from './legacy-time.ts';
import type { ProblemKind } from './report.ts';
import type { SqliteValue } from './sqlite.ts';

/** What a column of Dolt holds. The `maybe` kinds may be NULL. */
export type FieldKind = 'text' | 'maybe-text' | 'int' | 'maybe-int' | 'bool' | 'time' | 'maybe-time' | 'json' | 'blob';

/** A column that SQLite and Dolt both have. */
export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  /** Characters that fit; without it a text has MAX_TEXT_BYTES. */
  readonly max?: number;
  /** What a missing value, or one that cannot be read, becomes: that of the column of Dolt. */
  readonly initial: SqlParameter;
}

/** What is wrong with a value, and what was done about it. */
export interface Flaw {
  readonly kind: ProblemKind;
  readonly message: string;
  /** What did not fit of a text. */
  readonly rest?: string;
}

export interface Converted {
  readonly value: SqlParameter;
  readonly flaw?: Flaw;
}

export function text(name: string, max?: number): Field {
  return { name, kind: 'text', initial: '', ...(max === undefined ? {} : { max }) };
}

/** NULL where it is empty. */
export function optionalText(name: string, max: number): Field {
  return { name, kind: 'text', initial: null, max };
}

/** NULL and an empty text are two things. */
export function maybeText(name: string, max?: number): Field {
  return { name, kind: 'maybe-text', initial: null, ...(max === undefined ? {} : { max }) };
}

export function field(name: string, kind: FieldKind, initial: SqlParameter = null): Field {
  return { name, kind, initial };
}

/** Whether SQLite is asked for the bytes of a column: as text it would end at the first NUL. */
export function isReadAsBytes({ kind }: Field): boolean {
  return !['int', 'maybe-int', 'bool', 'time', 'maybe-time'].includes(kind);
}

/**
 * A value of SQLite, where every column may hold any type, as the column of Dolt takes it.
 *
 * @example convert(field('priority', 'int', 2), 'high').flaw?.message // 'priority is "high", which is no number: 2 is used'
 */
export function convert(field: Field, raw: SqliteValue | undefined): Converted {
  switch (field.kind) {
    case 'int':
    case 'maybe-int':
      return integer(field, raw);
    case 'bool':
      return flag(field, raw);
    case 'time':
    case 'maybe-time':
      return time(field, raw);
    case 'json':
      return json(field, raw);
    default:
      return textOf(field, raw);
  }
}

function textOf(field: Field, raw: SqliteValue | undefined): Converted {
  const decoded = decode(raw);
  if (decoded.text === '') {
    const isEmptyText = field.kind === 'maybe-text' && raw !== null && raw !== undefined;
    return { value: isEmptyText ? '' : field.initial };
  }
  const [fits, rest] = cut(decoded.text, field.max);
  if (rest !== '') {
    const limit = field.max === undefined ? `${MAX_TEXT_BYTES} bytes` : `${field.max} characters`;
    return { value: fits, flaw: { kind: 'too-long', message: `${field.name} is longer than ${limit}`, rest } };
  }
  if (decoded.valid) return { value: fits };
  return { value: fits, flaw: { kind: 'bad-text', message: `${field.name} is not UTF-8: � stands for the bad bytes` } };
}

/** The text of a column that was read as bytes. */
export function decode(raw: SqliteValue | undefined): { text: string; valid: boolean } {
  if (raw === null || raw === undefined) return { text: '', valid: true };
  if (!(raw instanceof Uint8Array)) return { text: String(raw), valid: true };
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const decoded = bytes.toString('utf8');
  // The sign for bad bytes may also have been in the text itself.
  return { text: decoded, valid: !decoded.includes('\ufffd') || Buffer.from(decoded).equals(bytes) };
}

/** Cuts a text where the column ends, between two characters. */
export function cut(
  whole: string,
  characters: number | undefined,
  limit = MAX_TEXT_BYTES,
): [fits: string, rest: string] {
  if (characters !== undefined) {
    if (whole.length <= characters) return [whole, ''];
    const all = [...whole];
    return [all.slice(0, characters).join(''), all.slice(characters).join('')];
  }
  if (whole.length * 3 <= limit) return [whole, ''];
  const bytes = Buffer.from(whole);
  if (bytes.length <= limit) return [whole, ''];
  let end = limit;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return [bytes.toString('utf8', 0, end), bytes.toString('utf8', end)];
}

function integer(field: Field, raw: SqliteValue | undefined): Converted {
  if (raw === null || raw === undefined || raw === '') return { value: field.initial };
  const wide = field.name === 'timeout_ns';
  // SQLite gives only integers as such that a number cannot hold.
  if (typeof raw === 'bigint' && wide) return { value: raw };
  const number = raw instanceof Uint8Array ? Number.NaN : Number(raw);
  const whole = Math.trunc(number);
  if (Number.isSafeInteger(whole) && (wide || Math.abs(whole) < 2 ** 31)) {
    return whole === number ? { value: whole } : { value: whole, flaw: badNumber(field, raw, whole) };
  }
  return { value: field.initial, flaw: badNumber(field, raw, field.initial) };
}

function flag(field: Field, raw: SqliteValue | undefined): Converted {
  if (raw === null || raw === undefined || raw === '') return { value: 0 };
  const value = { '0': 0, false: 0, '1': 1, true: 1 }[String(raw).toLowerCase()];
  return value === undefined ? { value: 1, flaw: badNumber(field, raw, 1) } : { value };
}

/** What Go writes of a time in UTC; days that not every month has are looked at more closely. */
const USUAL_TIME = /^[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?Z$/;

function time(field: Field, raw: SqliteValue | undefined): Converted {
  if (typeof raw === 'string' && USUAL_TIME.test(raw)) return { value: `${raw.slice(0, 10)} ${raw.slice(11, 19)}` };
  const ms = legacyTime(raw);
  if (typeof ms === 'number') return { value: sqlTime(new Date(ms)) };
  if (ms === 'none' && field.kind === 'maybe-time') return { value: null };
  const shown = ms === 'none' ? 'is missing' : `is "${shortened(raw)}", which is no time`;
  return { value: null, flaw: { kind: 'bad-date', message: `${field.name} ${shown}` } };
}

function json(field: Field, raw: SqliteValue | undefined): Converted {
  const { text: source } = decode(raw);
  if (source.trim() === '') return { value: field.initial };
  const { value, problem } = legacyJson(source);
  return problem ? { value, flaw: { kind: 'bad-json', message: `${field.name} ${problem}` } } : { value };
}

function badNumber(field: Field, raw: unknown, used: SqlParameter): Flaw {
  return { kind: 'bad-number', message: `${field.name} is "${shortened(raw)}", which is no number: ${used} is used` };
}

function shortened(raw: unknown): string {
  const shown = raw instanceof Uint8Array ? `${raw.byteLength} bytes` : String(raw);
  return shown.length > 40 ? `${shown.slice(0, 40)}…` : shown;
}
