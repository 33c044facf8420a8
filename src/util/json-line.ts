const ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** One line of JSON with the escapes of Go's encoder, keys in the order they have: a line of an export. */
export function goJsonLine(document: unknown): string {
  return escapeLikeGo(JSON.stringify(document));
}

/** These characters occur inside strings only, so the text can be treated as a whole. */
export function escapeLikeGo(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, (character) => ESCAPES[character] ?? character);
}
