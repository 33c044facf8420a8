import type { FieldChange } from '../../beads/history/field-changes.ts';
import type { Paint } from '../style.ts';
import { lineChanges } from './line-changes.ts';
import { oneLine, printable } from './marks.ts';

const SHORT = 60;
// Every change touches it.
const BOOKKEEPING = new Set(['updated_at']);

/** The fields of an issue that changed: `status: open → closed`, texts line by line. */
export function fieldLines(fields: readonly FieldChange[], paint: Paint): string[] {
  const visible = fields.filter(({ before, after }) => text(before) !== text(after));
  const shown = visible.filter(({ field }) => !BOOKKEEPING.has(field));
  return (shown.length > 0 ? shown : visible).flatMap((change) => fieldLine(change, paint));
}

/** A value in one line: `P1` for a priority, `(none)` for nothing. */
export function shortValue(field: string, value: unknown): string {
  const whole = text(value);
  if (whole === '') return '(none)';
  return field === 'priority' && typeof value === 'number' ? `P${value}` : oneLine(whole);
}

function fieldLine({ field, before, after }: FieldChange, paint: Paint): string[] {
  const [old, young] = [text(before), text(after)];
  const short = [old, young].every((value) => value.length <= SHORT && !value.includes('\n'));
  if (short) {
    return [`${field}: ${paint('red', shortValue(field, before))} → ${paint('green', shortValue(field, after))}`];
  }
  const lines = lineChanges(printable(old), printable(young)).map(({ sign, line }) =>
    paint(sign === '-' ? 'red' : 'green', `  ${sign} ${line}`.trimEnd()),
  );
  return [`${field}:`, ...lines];
}

/** What is not there and what is empty looks the same to a person. */
function text(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
