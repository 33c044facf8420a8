// A number outside of a string.
const TOKEN = /"(?:[^"\\]+|\\.)*"|-?\d[\d.eE+-]*/g;
/** Half of a surrogate pair. */
const LONE = /\p{Surrogate}/gu;

/**
 * JSON text of SQLite as Dolt can keep it. Dolt sorts keys and keeps numbers as 64-bit floats; what
 * is no JSON is kept as the text of an object's member.
 *
 * @returns the text to write, and what is not kept exactly
 * @example legacyJson('{broken').value // '{"unparsed":"{broken"}'
 */
export function legacyJson(source: string): { value: string; problem?: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(source);
  } catch {
    return unparsed(source, 'is no JSON');
  }
  if (numbers(source).some((token) => !Number.isFinite(Number(token)))) {
    return unparsed(source, 'holds a number that is too large');
  }
  if (/\\ud[89a-f]/i.test(source)) {
    const value = JSON.stringify(wellFormed(parsed));
    if (value !== JSON.stringify(parsed)) return { value, problem: 'holds half of a character: � stands for it' };
  }
  if (numbers(source).some(losesDigits)) {
    return { value: source, problem: 'holds a number with more digits than Dolt keeps' };
  }
  return { value: source };
}

/**
 * One text for equal JSON: sorted keys, numbers as 64-bit floats.
 *
 * @example canonicalJson(JSON.parse('{"b":1.0,"a":2}')) // '{"a":2,"b":1}'
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(Object.is(value, -0) ? 0 : value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

function unparsed(source: string, why: string): { value: string; problem: string } {
  return { value: JSON.stringify({ unparsed: source }), problem: `${why}: kept as the text of its member "unparsed"` };
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(LONE, '\ufffd');
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key.replace(LONE, '\ufffd'), wellFormed(member)]),
  );
}

function numbers(source: string): string[] {
  return /\d{16}|[eE]/.test(source) ? (source.match(TOKEN) ?? []).filter((token) => !token.startsWith('"')) : [];
}

function losesDigits(token: string): boolean {
  if (/^-?\d+$/.test(token)) return BigInt(token) !== BigInt(Number(token));
  return token.replace(/[eE].*$/, '').replace(/^-?0*\.?0*|\./g, '').length > 17;
}
