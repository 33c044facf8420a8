import { parseDate } from '../beads/dates.ts';
import { AppError, messageOf } from '../errors.ts';
import { readText } from './text-input.ts';

/**
 * A time that was typed, as RFC 3339; empty clears it.
 *
 * @throws AppError VALIDATION naming the flag
 */
export function timeFlag(name: string, value: string | undefined, now: Date): string | null | undefined {
  if (value === undefined) return undefined;
  if (value.trim() === '') return null;
  try {
    return parseDate(value, now).toISOString();
  } catch (error) {
    throw new AppError(
      'VALIDATION',
      `invalid --${name} format "${value}". Examples: +6h, tomorrow, next monday, 2025-01-15`,
      {
        cause: error,
      },
    );
  }
}

/** `--metadata`: JSON, or `@file` with JSON in it. @throws AppError VALIDATION */
export async function metadataFlag(value: string | undefined): Promise<Record<string, unknown> | undefined> {
  if (value === undefined) return undefined;
  const json = value.startsWith('@') ? await readText(value.slice(1)) : value;
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    throw new AppError('VALIDATION', `--metadata is not JSON: ${messageOf(error)}`, { cause: error });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new AppError('VALIDATION', 'metadata must be a JSON object');
  }
  return { ...parsed };
}

/** `--set-metadata k=v`, as often as it is given. @throws AppError VALIDATION */
export function pairsFlag(name: string, values: readonly string[] | undefined): Record<string, string> | undefined {
  if (values === undefined || values.length === 0) return undefined;
  return Object.fromEntries(
    values.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 1) throw new AppError('VALIDATION', `--${name}: "${pair}" is not key=value`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}
