import type { Document, LineCounter, Node, YAMLMap } from 'yaml';
import { AppError, messageOf } from '../errors.ts';
import { parseDuration } from '../util/duration.ts';

const SIZE_UNITS: Record<string, number> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
};

/** A node of the document, as far as its place is known. */
type Place = Node | unknown;

/** Reads typed values out of a YAML file; whatever is wrong is reported with line and column. */
export class ConfigReader {
  private readonly path: string;
  private readonly document: Document.Parsed;
  private readonly lines: LineCounter;
  private readonly isMap: (node: unknown) => node is YAMLMap;
  private readonly isScalar: (node: unknown) => boolean;

  private constructor(path: string, document: Document.Parsed, lines: LineCounter, yaml: typeof import('yaml')) {
    this.path = path;
    this.document = document;
    this.lines = lines;
    this.isMap = yaml.isMap as (node: unknown) => node is YAMLMap;
    this.isScalar = yaml.isScalar;
  }

  /** @throws AppError CONFIG_INVALID when the text is not YAML */
  static async parse(path: string, text: string): Promise<ConfigReader> {
    const yaml = await import('yaml');
    const lines = new yaml.LineCounter();
    const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const reader = new ConfigReader(path, document, lines, yaml);
    const [problem] = document.errors;
    if (problem) {
      // Some problems begin with the white space before them.
      const begin = problem.pos[0] + text.slice(problem.pos[0]).search(/\S|$/);
      throw reader.error(begin, `is not YAML: ${problem.message}`);
    }
    return reader;
  }

  root(keys: readonly string[]): YAMLMap | undefined {
    const { contents } = this.document;
    if (contents === null || (this.isScalar(contents) && contents.toJSON() === null)) return undefined;
    if (!this.isMap(contents)) this.fail(contents, 'the file must be a map of keys and values');
    this.onlyKeys(contents, keys);
    return contents;
  }

  map(parent: YAMLMap | undefined, key: string, keys: readonly string[]): YAMLMap | undefined {
    const node = parent?.get(key, true);
    if (node === undefined || this.isNull(node)) return undefined;
    if (!this.isMap(node)) this.fail(node, `${key} must be a map of keys and values`);
    this.onlyKeys(node, keys);
    return node;
  }

  /** The entries of a map of maps; an entry may be empty (`beads:`). */
  entries(parent: YAMLMap | undefined, key: string): { key: string; node: Place; map: YAMLMap | undefined }[] {
    const node = parent?.get(key, true);
    if (node === undefined || this.isNull(node)) return [];
    if (!this.isMap(node)) this.fail(node, `${key} must be a map of names to settings`);
    return node.items.map((pair) => {
      const value = pair.value;
      if (value !== null && !this.isNull(value) && !this.isMap(value))
        this.fail(value, `${String(pair.key)} must be a map of keys and values`);
      return { key: String(pair.key), node: pair.key, map: this.isMap(value) ? value : undefined };
    });
  }

  onlyKeys(map: YAMLMap | undefined, keys: readonly string[]): void {
    for (const pair of map?.items ?? []) {
      if (!keys.includes(String(pair.key)))
        this.fail(pair.key, `unknown key "${String(pair.key)}" (known: ${keys.join(', ')})`);
    }
  }

  text(map: YAMLMap | undefined, key: string): string | undefined {
    const value = this.value(map, key);
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value === '') this.fail(map?.get(key, true), `${key} must be a text`);
    return value;
  }

  integer(map: YAMLMap | undefined, key: string, least: number, most: number): number | undefined {
    const value = this.value(map, key);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      this.fail(map?.get(key, true), `${key} must be a whole number from ${least} to ${most}`);
    }
    return value;
  }

  flag(map: YAMLMap | undefined, key: string): boolean | undefined {
    const value = this.value(map, key);
    if (value !== undefined && typeof value !== 'boolean')
      this.fail(map?.get(key, true), `${key} must be true or false`);
    return value;
  }

  oneOf(map: YAMLMap | undefined, key: string, values: readonly string[]): string | undefined {
    const value = this.text(map, key);
    if (value !== undefined && !values.includes(value))
      this.fail(map?.get(key, true), `${key} must be one of ${values.join(', ')}`);
    return value;
  }

  /** A size in bytes: `20MB`, `512k`, `1048576`. */
  bytes(map: YAMLMap | undefined, key: string): number | undefined {
    const value = this.value(map, key);
    if (value === undefined) return undefined;
    const match = /^(\d+)\s*([a-z]*)$/i.exec(String(value));
    const unit = SIZE_UNITS[(match?.[2] ?? '').toLowerCase()];
    if (!match || unit === undefined || Number(match[1]) === 0)
      this.fail(map?.get(key, true), `${key} must be a size like 20MB`);
    return Number(match[1]) * unit;
  }

  duration(map: YAMLMap | undefined, key: string): number | undefined {
    const value = this.value(map, key);
    if (value === undefined) return undefined;
    return this.at(map?.get(key, true), () => parseDuration(String(value)));
  }

  /** Runs a check; its error gets the place of the node. */
  at<T>(node: Place, check: () => T): T {
    try {
      return check();
    } catch (error) {
      this.fail(node, messageOf(error));
    }
  }

  fail(node: Place, message: string): never {
    throw this.error(this.offset(node), message);
  }

  private error(offset: number, message: string): AppError {
    const { line, col } = this.lines.linePos(offset);
    return new AppError('CONFIG_INVALID', `${this.path}:${line}:${col}: ${message}`, {
      hint: `edit ${this.path}; nothing was started`,
    });
  }

  private offset(node: Place): number {
    const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
    return Array.isArray(range) && typeof range[0] === 'number' ? range[0] : 0;
  }

  private value(map: YAMLMap | undefined, key: string): unknown {
    return map?.get(key) ?? undefined;
  }

  private isNull(node: unknown): boolean {
    return node === null || (this.isScalar(node) && (node as { value?: unknown }).value === null);
  }
}
