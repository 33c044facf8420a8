import type { FieldPacket } from 'mysql2';
import type { StatementResult } from './driver.ts';
import type { Row } from './types.ts';

type Convert = (value: unknown) => unknown;

// Type numbers of the MySQL protocol: https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html
const CONVERT: Readonly<Record<number, Convert>> = {
  4: ownNumber,
  5: ownNumber,
  11: (value) => (typeof value === 'string' ? microseconds(value) : value),
  245: (value) => (typeof value === 'string' ? ownJson(JSON.parse(value)) : value),
};

/**
 * The results of one call of mysql2's `query` with `rowsAsArray` and `jsonStrings`, in the shape
 * that types.ts promises. Several statements in one text give several results.
 */
export function serverResults(results: unknown, fields: unknown): StatementResult[] {
  if (isFieldsOfMany(fields) && Array.isArray(results)) {
    return fields.map((each, index) => serverResult(results[index], each));
  }
  return [serverResult(results, fields)];
}

function isFieldsOfMany(fields: unknown): fields is unknown[] {
  return Array.isArray(fields) && fields.some((each) => each === undefined || Array.isArray(each));
}

function serverResult(result: unknown, fields: unknown): StatementResult {
  if (!Array.isArray(result) || !Array.isArray(fields)) return { rows: [], changed: changedOf(result) };
  const packets = fields as FieldPacket[];
  return { rows: toRows(result as unknown[][], packets), columns: packets.map(({ name }) => name), changed: 0 };
}

function changedOf(header: unknown): number {
  if (typeof header !== 'object' || header === null || !('affectedRows' in header)) return 0;
  return typeof header.affectedRows === 'number' ? header.affectedRows : 0;
}

function toRows(values: unknown[][], fields: readonly FieldPacket[]): Row[] {
  const names = fields.map((field) => field.name);
  const converts = fields.map((field) => CONVERT[field.type ?? -1] ?? ownValue);
  return values.map((row) => {
    const result: Row = {};
    for (let index = 0; index < names.length; index += 1) {
      const value = row[index];
      if (value === null || value === undefined) continue;
      const converted = converts[index]?.(value);
      if (converted !== null) result[names[index] ?? ''] = converted;
    }
    return result;
  });
}

function ownValue(value: unknown): unknown {
  return Buffer.isBuffer(value) ? value.toString('utf8') : value;
}

/** The embedded child prints a DOUBLE like an integer, so both drivers treat it as one. */
function ownNumber(value: unknown): unknown {
  if (typeof value !== 'number') return value;
  const integer = Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21;
  return integer ? String(value) : value === 0 ? 0 : value;
}

/** A JSON column's own true and false cannot be told from an expression's in the embedded driver. */
function ownJson(value: unknown): unknown {
  return typeof value === 'boolean' ? Number(value) : ownNumber(value);
}

/** `[-]HH:MM:SS[.ffffff]` as the number that the embedded child prints. */
function microseconds(time: string): number {
  const match = /^(-?)(\d+):(\d+):(\d+)(?:\.(\d+))?$/.exec(time);
  if (!match) return Number.NaN;
  const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4]);
  const total = seconds * 1_000_000 + Number((match[5] ?? '').padEnd(6, '0'));
  return match[1] === '-' && total !== 0 ? -total : total;
}
