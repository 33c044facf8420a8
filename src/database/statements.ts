// What Dolt's parser passes over: all three comments to the end of the line, however they go on.
// What stands in /*! */ is no comment: it is carried out.
const PART =
  /(?<quoted>'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|"(?:[^"\\]|\\[\s\S]|"")*(?:"|$)|`[^`]*(?:`|$))|(?<comment>(?:--|#|\/\/)[^\n]*|\/\*(?!!)[\s\S]*?(?:\*\/|$))|(?<end>;)|(?<word>[\p{L}_@$][\p{L}\p{N}_@$]*)|(?<mark>[()])/gu;

const ROUTINE = /^(?:\/\*!\d*\s*)?CREATE\b[\s\S]*?\b(?:PROCEDURE|FUNCTION|TRIGGER|EVENT)\b[\s\S]*?\bBEGIN\b/i;

/**
 * The statements of a text, each as it was typed. A `;` in a string, a quoted name or a comment ends
 * none, and what is nothing but a comment is none. The body of a routine belongs to its statement.
 *
 * @example splitStatements("SELECT ';'; -- and\nSELECT 2") // ["SELECT ';'", '-- and\nSELECT 2']
 */
export function splitStatements(sql: string): string[] {
  const found: string[] = [];
  let start = 0;
  const add = (end: number) => {
    const text = sql.slice(start, end).trim();
    if (withoutComments(text).trim() !== '') found.push(text);
  };
  for (const { groups, index } of sql.matchAll(PART)) {
    if (groups?.['end'] === undefined) continue;
    if (ROUTINE.test(withoutComments(sql.slice(start)).trimStart())) break;
    add(index);
    start = index + 1;
  }
  add(sql.length);
  return found;
}

const READS = new Set(['SELECT', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'TABLE', 'VALUES']);
const WRITES = new Set(['INSERT', 'UPDATE', 'DELETE', 'REPLACE']);

/**
 * Whether one statement only reads, told from what it does and not from how it begins: after `WITH`
 * comes what it is about. What is written to a file is no read.
 *
 * @example readsOnly('WITH x AS (SELECT 1) DELETE FROM issues') // false
 */
export function readsOnly(statement: string): boolean {
  // Nothing is known of what such a comment does.
  if (statement.includes('/*!')) return false;
  let depth = 0;
  let verb: string | undefined;
  let last = '';
  for (const { groups } of statement.matchAll(PART)) {
    if (groups?.['mark'] !== undefined) depth += groups['mark'] === '(' ? 1 : -1;
    const word = groups?.['word']?.toUpperCase();
    if (word === undefined) continue;
    if (last === 'INTO' && (word === 'OUTFILE' || word === 'DUMPFILE')) return false;
    last = word;
    // A query may stand in parentheses; what WITH names does so always.
    if (verb === undefined) verb = word;
    else if (verb === 'WITH' && depth === 0 && (READS.has(word) || WRITES.has(word))) verb = word;
  }
  return verb !== undefined && READS.has(verb);
}

function withoutComments(sql: string): string {
  return sql.replace(PART, (part, ...rest) => {
    const groups: unknown = rest.at(-1);
    const isComment = typeof groups === 'object' && groups !== null && 'comment' in groups && groups.comment;
    return isComment ? ' ' : part;
  });
}
