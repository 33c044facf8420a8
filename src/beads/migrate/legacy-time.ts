const FORM =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?(?:\s+(?:[A-Z]{1,5}|[+-]\d{2,4}))?(?:\s+m=\S+)?$/i;

/** Seconds since 1970 have fewer digits than this for the next thousand years; milliseconds have more. */
const FIRST_MILLISECONDS = 100_000_000_000;

/**
 * A time as the SQLite versions of `bd` wrote it: RFC 3339 with up to nine digits of fraction,
 * `YYYY-MM-DD HH:MM:SS` (UTC), the same with an offset, the text of Go's `time.String()`, a day, or
 * a number of seconds or milliseconds since 1970.
 *
 * @returns ms since 1970; `none` for NULL, an empty text and Go's zero time; undefined for what is no time
 * @example legacyTime('2025-11-02T10:00:00.987654321+02:00') // 1762070400987
 */
export function legacyTime(value: unknown): number | 'none' | undefined {
  if (value === null || value === undefined || value === '') return 'none';
  if (typeof value === 'number' || typeof value === 'bigint') return fromNumber(Number(value));
  if (typeof value !== 'string') return undefined;
  const match = FORM.exec(value.trim());
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  if (year <= 1) return 'none';
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (month < 1 || month > 12 || day < 1 || day > lastDay || hour > 23 || minute > 59 || second > 59) return undefined;
  const fraction = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  return inRange(Date.UTC(year, month - 1, day, hour, minute, second, fraction) - offsetMs(match[8]));
}

function fromNumber(number: number): number | 'none' | undefined {
  if (number === 0) return 'none';
  return inRange(Math.abs(number) < FIRST_MILLISECONDS ? Math.floor(number * 1000) : Math.floor(number));
}

function offsetMs(zone: string | undefined): number {
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '');
  if (!match) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return (match[1] === '-' ? -minutes : minutes) * 60_000;
}

/** DATETIME holds years of four digits; years before 100 are nobody's. */
function inRange(ms: number): number | undefined {
  const year = Number.isNaN(ms) ? 0 : new Date(ms).getUTCFullYear();
  return year >= 100 && year <= 9999 ? ms : undefined;
}
