import { escapeLikeGo } from '../util/json-line.ts';

/**
 * JSON as the Go `bd` prints it, so that scripts written for it read ours: two spaces, a top-level
 * object with sorted keys (nested ones too) and `schema_version`, a top-level array as it is, and
 * `<`, `>`, `&` escaped as Go's encoder does it. Source: the Go `bd` 1.0.3, observed.
 */

/**
 * The text of one document, without a newline at its end.
 *
 * @example goJson({ b: '<', a: 1 }) // '{\n  "a": 1,\n  "b": "\\u003c",\n  "schema_version": 1\n}'
 */
export function goJson(document: unknown, options: { envelope?: boolean } = {}): string {
  return encode(options.envelope ? { data: document, schema_version: 1 } : withVersion(document));
}

/** The text that `bd` prints: in an envelope, errors too, if BD_JSON_ENVELOPE=1 asks for it. */
export function bdJson(document: unknown): string {
  return goJson(document, { envelope: process.env['BD_JSON_ENVELOPE'] === '1' });
}

function withVersion(document: unknown): unknown {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return document;
  return sorted({ ...document, schema_version: 1 });
}

function encode(document: unknown): string {
  return escapeLikeGo(JSON.stringify(document, null, 2));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sorted(member)]));
}
