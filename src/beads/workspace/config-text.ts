import { AppError } from '../../errors.ts';

/** Settings of one file by dotted key, each as the text that stands in the file. */
export type FlatSettings = ReadonlyMap<string, string>;

/**
 * Reads the settings of a `config.yaml`: `dolt.mode` may be written flat (`dolt.mode: server`) or
 * nested (`dolt:` / `  mode: server`); flat wins. Lists become `a,b`; empty values are absent.
 *
 * Most files are plain keys and values, and loading a YAML parser takes longer than a query: those
 * are read by `readPlain`; everything else goes to the parser.
 *
 * @param path for messages
 * @throws AppError CONFIG_INVALID with file, line and column
 */
export async function readSettingsText(path: string, text: string): Promise<FlatSettings> {
  return readPlain(text) ?? (await readYaml(path, text));
}

// A key with nothing, a quoted text without escapes, a plain word, or an empty collection after it.
const LINE =
  /^( *)([A-Za-z][A-Za-z0-9_.-]*):(?: +(?:"([^"\\]*)"|'([^']*)'|([A-Za-z0-9_./][A-Za-z0-9_./:@+~-]*)|(\[\]|\{\})))?(?: +#.*| *)$/;
const SKIPPED = /^ *(?:#.*)?$/;
const NULLS = ['null', 'Null', 'NULL'];

/**
 * Reads a file of plain keys and values, at most one level deep.
 *
 * @returns undefined for anything else, also for what is no YAML at all
 */
export function readPlain(text: string): FlatSettings | undefined {
  const flat = new Map<string, string>();
  const nested = new Map<string, string>();
  const seen = new Set<string>();
  let parent: { key: string; indent: number | undefined } | undefined;
  for (const line of text.split('\n')) {
    if (SKIPPED.test(line)) continue;
    const match = LINE.exec(line);
    // A value that ends in a colon would be a key to YAML.
    if (!match || match[5]?.endsWith(':')) return undefined;
    const indent = match[1]?.length ?? 0;
    const key = match[2] ?? '';
    const value = match[3] ?? match[4] ?? (match[5] && !NULLS.includes(match[5]) ? match[5] : undefined);
    const closed = match.slice(3).some((part) => part !== undefined);
    if (indent > 0) {
      if (!parent || (parent.indent ?? indent) !== indent || !closed) return undefined;
      parent.indent = indent;
    } else {
      parent = closed ? undefined : { key, indent: undefined };
    }
    const path = indent > 0 && parent ? `${parent.key}\n${key}` : key;
    if (seen.has(path)) return undefined;
    seen.add(path);
    if (value !== undefined) (indent > 0 ? nested : flat).set(path.replace('\n', '.'), value);
  }
  return new Map([...nested, ...flat]);
}

async function readYaml(path: string, text: string): Promise<FlatSettings> {
  const yaml = await import('yaml');
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [problem] = document.errors;
  if (problem) {
    const { line, col } = lines.linePos(problem.pos[0]);
    throw invalid(path, `:${line}:${col}: is not YAML: ${problem.message}`);
  }
  const { contents } = document;
  const empty = contents === null || (yaml.isScalar(contents) && contents.value === null);
  if (!empty && !yaml.isMap(contents)) throw invalid(path, ': the file must be a map of keys and values');
  const flat = new Map<string, string>();
  const nested = new Map<string, string>();
  flatten(yaml, contents, [], (keys, value) => (keys.length > 1 ? nested : flat).set(keys.join('.'), value));
  return new Map([...nested, ...flat]);
}

type AddSetting = (keys: readonly string[], value: string) => void;

function flatten(yaml: typeof import('yaml'), node: unknown, keys: readonly string[], add: AddSetting): void {
  if (yaml.isMap(node)) {
    for (const pair of node.items) flatten(yaml, pair.value, [...keys, scalarText(pair.key) ?? ''], add);
  } else if (yaml.isSeq(node)) {
    const items = node.items.map((item) => (yaml.isScalar(item) ? scalarText(item) : JSON.stringify(item)));
    if (items.length > 0) add(keys, items.join(','));
  } else {
    const value = scalarText(node);
    if (value !== undefined) add(keys, value);
  }
}

/** The text of a scalar: a version `1.10` or a prefix `007` is no number here. */
function scalarText(node: unknown): string | undefined {
  if (typeof node !== 'object' || node === null || !('value' in node)) return undefined;
  if (typeof node.value === 'string') return node.value;
  if (node.value === null || node.value === undefined) return undefined;
  return 'source' in node && typeof node.source === 'string' ? node.source : String(node.value);
}

function invalid(path: string, where: string): AppError {
  return new AppError('CONFIG_INVALID', `${path}${where}`, { hint: `edit ${path}; nothing was changed` });
}
