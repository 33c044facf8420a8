import type { Document, Pair, Scalar } from 'yaml';
import { AppError } from '../../errors.ts';

const PLAIN = /^[A-Za-z0-9_./][A-Za-z0-9_./:@+~-]*$/;
const BARE = /^(true|false|-?\d+(\.\d+)?|\d+(ms|s|m|h|d))$/;

/**
 * Sets one key in the text of a `config.yaml` and leaves every other byte as it is, comments too.
 * A key that is there, flat or nested, is changed in its place; a new one is added at the end as
 * `key: value`, the form that the Go `bd` writes too.
 *
 * @throws AppError CONFIG_INVALID when the text is no YAML map
 * @example await setInText('dolt:\n  mode: embedded # for now\n', 'dolt.mode', 'server')
 */
export async function setInText(text: string, key: string, value: string): Promise<string> {
  const pairs = await pairsOf(text, key);
  if (pairs.length === 0) return `${withNewline(text)}${key}: ${written(value, false)}\n`;
  const { isScalar } = await import('yaml');
  let changed = text;
  // From the back, so that the places of the others stay right.
  for (const pair of [...pairs].reverse()) {
    const node = pair.value;
    if (isScalar(node) && node.range && node.range[0] !== node.range[1]) {
      changed = splice(changed, node.range[0], node.range[1], written(value, node.type === 'PLAIN'));
    } else {
      changed = await rewrite(changed, pair.path, value);
    }
  }
  return changed;
}

/**
 * Removes a key, flat and nested, with its line.
 *
 * @returns the text as it was when the key is not there
 */
export async function unsetInText(text: string, key: string): Promise<string> {
  let changed = text;
  for (const pair of [...(await pairsOf(text, key))].reverse()) {
    const start = text.lastIndexOf('\n', pair.keyStart - 1) + 1;
    const newline = text.indexOf('\n', Math.max(pair.end - 1, pair.keyStart));
    const isBlock = text.slice(start, pair.keyStart).trim() === '';
    if (isBlock) changed = splice(changed, start, newline === -1 ? text.length : newline + 1, '');
    else changed = await rewrite(changed, pair.path, undefined);
  }
  return changed;
}

interface FoundPair {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly keyStart: number;
  readonly end: number;
}

/** Every place where a dotted key stands: `a.b.c`, `a:` / `b.c`, `a:` / `b:` / `c`; in order of the text. */
async function pairsOf(text: string, key: string): Promise<FoundPair[]> {
  const { isMap, isScalar, parseDocument } = await import('yaml');
  const document = parseDocument(text);
  const contents = document.contents;
  const [problem] = document.errors;
  if (problem) throw new AppError('CONFIG_INVALID', `config.yaml is not YAML: ${problem.message}`);
  if (contents !== null && !isMap(contents) && !(isScalar(contents) && contents.value === null)) {
    throw new AppError('CONFIG_INVALID', 'config.yaml must be a map of keys and values');
  }
  const found: FoundPair[] = [];
  const search = (node: unknown, path: readonly string[], rest: string) => {
    if (!isMap(node)) return;
    for (const pair of node.items as Pair<Scalar, unknown>[]) {
      const name = String(pair.key?.value ?? '');
      if (name === rest) found.push(placed(pair, [...path, name]));
      else if (rest.startsWith(`${name}.`)) search(pair.value, [...path, name], rest.slice(name.length + 1));
    }
  };
  search(contents, [], key);
  return found.sort((a, b) => a.keyStart - b.keyStart);
}

function placed(pair: Pair<Scalar, unknown>, path: readonly string[]): FoundPair {
  const keyRange = pair.key.range ?? [0, 0, 0];
  const value = pair.value;
  const range = typeof value === 'object' && value !== null && 'range' in value ? value.range : undefined;
  const end = Array.isArray(range) ? Number(range[1]) : keyRange[1];
  return { path, value, keyStart: keyRange[0], end };
}

/** For values that are no plain scalar: the parser writes the file anew and keeps its comments. */
async function rewrite(text: string, path: readonly string[], value: string | undefined): Promise<string> {
  const { parseDocument, visit } = await import('yaml');
  const document: Document = parseDocument(text);
  if (value === undefined) document.deleteIn(path);
  else document.setIn(path, value);
  // `.0` and `007` are written as the numbers that they are not, here.
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'number' && node.source && String(node.value) !== node.source) node.value = node.source;
    },
  });
  return document.toString({ lineWidth: 0 });
}

function written(value: string, plain: boolean): string {
  if (/^null$/i.test(value)) return JSON.stringify(value);
  return BARE.test(value) || (plain && PLAIN.test(value) && !value.endsWith(':')) ? value : JSON.stringify(value);
}

function splice(text: string, start: number, end: number, replacement: string): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
