import type { SqlParameter } from './types.ts';

// Placeholders are looked for outside of strings, quoted names and comments only.
const TOKEN = /'(?:[^'\\]+|\\[\s\S]|'')*'|"(?:[^"\\]+|\\[\s\S]|"")*"|`[^`]*`|--[ \t][^\n]*|\/\*[\s\S]*?\*\/|\?/g;

const UNSAFE = /[\0\n\r'"\\]/g;
const ESCAPED: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\n': '\\n',
  '\r': '\\r',
  "'": "\\'",
  '"': '\\"',
  '\\': '\\\\',
};

/**
 * Puts escaped parameters in the place of the `?` of a statement. Both drivers send the result as
 * text, in one round trip. The sql_mode must not hold NO_BACKSLASH_ESCAPES or ANSI_QUOTES.
 *
 * @throws Error when there are more or fewer `?` than parameters, or a number is not finite
 * @example formatSql('SELECT * FROM t WHERE id = ?', ["it's"]) // SELECT * FROM t WHERE id = 'it\'s'
 */
export function formatSql(sql: string, parameters: readonly SqlParameter[] = []): string {
  let used = 0;
  const text = sql.replace(TOKEN, (token) => {
    if (token !== '?') return token;
    const parameter = parameters[used++];
    if (parameter === undefined) throw new Error(`parameter ${used} is missing for: ${sql}`);
    return sqlLiteral(parameter);
  });
  if (used < parameters.length) throw new Error(`${parameters.length} parameters for ${used} places in: ${sql}`);
  return text;
}

/** One value as SQL text. Dates become UTC `'YYYY-MM-DD HH:MM:SS'`, cut to whole seconds. */
export function sqlLiteral(value: SqlParameter): string {
  switch (typeof value) {
    case 'string':
      return `'${value.replace(UNSAFE, (character) => ESCAPED[character] ?? character)}'`;
    case 'number':
      if (!Number.isFinite(value)) throw new Error(`${value} is not a SQL number`);
      return signed(String(value));
    case 'bigint':
      return signed(String(value));
    case 'boolean':
      return value ? '1' : '0';
    default:
      return value === null ? 'NULL' : `'${value.toISOString().slice(0, 19).replace('T', ' ')}'`;
  }
}

/** A name in backticks. */
export function sqlName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** Whether a statement only reads: it may be asked again when its answer was lost. */
export function isRead(sql: string): boolean {
  return /^[\s(]*(?:SELECT|SHOW|DESCRIBE|EXPLAIN|WITH)\b/i.test(sql);
}

/** The space keeps `a -?` from becoming `a --1`, which opens a comment. */
function signed(digits: string): string {
  return digits.startsWith('-') ? ` ${digits}` : digits;
}
