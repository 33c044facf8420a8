import type { Row } from './types.ts';

// Integers that a JavaScript number cannot hold have 16 digits or more.
const LONG_DIGITS = /\d{16}/;
const TOKEN = /"(?:[^"\\]+|\\.)*"|-?\d[\d.eE+-]*|[[\]{}]/g;
/** Nesting of a row's own values in `{"rows": [{…}]}`. */
const ROW_DEPTH = 3;

/**
 * Reads one line of `dolt sql -r json`, `{"rows": [{…}, …]}` or `{}`, into the rows that types.ts
 * promises: booleans of expressions as 0 and 1, integers beyond 2^53 as strings.
 *
 * @example parseJsonRows('{"rows": [{"n":9007199254740993,"b":true}]}') // [{ n: '9007199254740993', b: 1 }]
 */
export function parseJsonRows(line: string): Row[] {
  const text = LONG_DIGITS.test(line) ? quoteLongIntegers(line) : line;
  const document = JSON.parse(text) as { rows?: Row[] };
  const rows = document.rows ?? [];
  for (const row of rows) {
    for (const name in row) {
      const value = row[name];
      if (typeof value === 'boolean') row[name] = Number(value);
      else if (value === null) delete row[name];
    }
  }
  return rows;
}

function quoteLongIntegers(line: string): string {
  let depth = 0;
  return line.replace(TOKEN, (token) => {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (depth === ROW_DEPTH && /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token))) {
      return `"${token}"`;
    }
    return token;
  });
}
