import { AppError } from '../errors.ts';

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const UNITS: Readonly<Record<string, Unit>> = {
  h: 'hour',
  d: 'day',
  w: 'week',
  m: 'month',
  y: 'year',
  minute: 'minute',
  hour: 'hour',
  day: 'day',
  week: 'week',
  month: 'month',
  year: 'year',
};

type Unit = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';

/**
 * Reads a time as people type it. Forms: `+6h`, `-1d`, `+2w`, `3m` (months), `1y`; `now`, `today`,
 * `tomorrow`, `yesterday`; `monday`, `next monday`, `last monday`, `next week|month|year`;
 * `in 3 days`, `2 weeks ago`; `2025-01-15`, `2025-01-15 10:30[:00]`; RFC 3339.
 *
 * Dates without a zone are local. A day is meant from its first second on. Shifts by months and
 * years stay within the month that they lead to (31 January + 1 month is the last of February).
 *
 * @param text what was typed
 * @param now what relative forms start from
 * @throws AppError VALIDATION
 * @example parseDate('+6h', new Date())
 */
export function parseDate(text: string, now: Date): Date {
  const typed = text.trim();
  const found = parseAbsolute(typed) ?? parseWords(typed.toLowerCase(), now);
  if (!found || Number.isNaN(found.getTime())) {
    throw new AppError('VALIDATION', `"${text}" is not a date`, {
      hint: 'write it like +6h, -1d, +2w, tomorrow, "next monday", 2025-01-15 or 2025-01-15T10:00:00Z',
    });
  }
  return found;
}

/**
 * A time as the database keeps it: UTC, whole seconds, truncated.
 *
 * @example sqlTime(new Date('2025-01-15T10:00:00.9Z')) // '2025-01-15 10:00:00'
 */
export function sqlTime(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ');
}

const ABSOLUTE = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/i;

function parseAbsolute(text: string): Date | undefined {
  const match = ABSOLUTE.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  if (year === undefined || month === undefined || day === undefined) return undefined;
  // Date rolls 30 February over into March; such a date is a slip, not a wish.
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (month < 1 || month > 12 || day < 1 || day > lastDay) return undefined;
  const zone = match[7];
  if (zone === undefined) {
    if ((hour ?? 0) > 23 || (minute ?? 0) > 59 || (second ?? 0) > 59) return undefined;
    return new Date(year, month - 1, day, hour, minute, second);
  }
  return new Date(text.replace(' ', 'T').toUpperCase());
}

function parseWords(text: string, now: Date): Date | undefined {
  if (text === 'now') return new Date(now);
  if (text === 'today') return startOfDay(now);
  if (text === 'tomorrow') return shift(startOfDay(now), 1, 'day');
  if (text === 'yesterday') return shift(startOfDay(now), -1, 'day');
  return parseShift(text, now) ?? parseNamed(text, now);
}

function parseShift(text: string, now: Date): Date | undefined {
  const compact = /^([+-]?)(\d{1,6})([hdwmy])$/.exec(text);
  if (compact) return shift(now, Number(`${compact[1]}${compact[2]}`), UNITS[compact[3] ?? ''] ?? 'day');
  const spoken = /^(in\s+)?(\d{1,6}|an?)\s+(minute|hour|day|week|month|year)s?(\s+ago|\s+from\s+now)?$/.exec(text);
  if (!spoken) return undefined;
  const [, before, amount = '', unit = '', after] = spoken;
  if ((before === undefined) === (after === undefined)) return undefined;
  const count = amount.startsWith('a') ? 1 : Number(amount);
  return shift(now, after?.trim() === 'ago' ? -count : count, UNITS[unit] ?? 'day');
}

function parseNamed(text: string, now: Date): Date | undefined {
  const match = /^(?:(next|last|this)\s+)?(\w+)$/.exec(text);
  const [, which = 'this', name = ''] = match ?? [];
  if (match?.[1] && match[1] !== 'this' && ['week', 'month', 'year'].includes(name)) {
    return shift(startOfDay(now), which === 'next' ? 1 : -1, UNITS[name] ?? 'week');
  }
  const weekday = WEEKDAYS.findIndex((day) => name.length >= 3 && day.startsWith(name));
  if (weekday < 0) return undefined;
  const ahead = (weekday - now.getDay() + 7) % 7 || 7;
  return shift(startOfDay(now), which === 'last' ? ahead - (ahead === 7 ? 14 : 7) : ahead, 'day');
}

function startOfDay(now: Date): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate());
}

function shift(from: Date, amount: number, unit: Unit): Date {
  const to = new Date(from);
  if (unit === 'minute') to.setTime(from.getTime() + amount * 60_000);
  if (unit === 'hour') to.setTime(from.getTime() + amount * 3_600_000);
  if (unit === 'day') to.setDate(from.getDate() + amount);
  if (unit === 'week') to.setDate(from.getDate() + 7 * amount);
  if (unit === 'month' || unit === 'year') {
    const months = unit === 'year' ? 12 * amount : amount;
    to.setDate(1);
    to.setMonth(from.getMonth() + months);
    const lastDay = new Date(to.getFullYear(), to.getMonth() + 1, 0).getDate();
    to.setDate(Math.min(from.getDate(), lastDay));
  }
  return to;
}
