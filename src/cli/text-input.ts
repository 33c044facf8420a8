import { readFile } from 'node:fs/promises';
import { AppError } from '../errors.ts';
import { fileError } from '../util/atomic-write.ts';

/**
 * Text of a file, or of standard input for `-`.
 *
 * @throws AppError IO_ERROR, or VALIDATION when it is not UTF-8
 * @example const body = await readText('notes.md');
 */
export async function readText(path: string): Promise<string> {
  const bytes = path === '-' ? await readStdin() : await readFile(path).catch((error: unknown) => error);
  if (!(bytes instanceof Uint8Array)) throw fileError(bytes, `cannot read ${path}`);
  try {
    // Without `fatal`, bytes that are not UTF-8 would silently become other text.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (error) {
    throw new AppError('VALIDATION', `${path === '-' ? 'standard input' : path} is not UTF-8 text`, { cause: error });
  }
}

/** Where long texts come from: a flag, a file, standard input. */
export interface BodySources {
  readonly text?: string | undefined;
  readonly file?: string | undefined;
  readonly stdin?: boolean | undefined;
}

/**
 * The one text that was given; a newline at the end of a file or of standard input is not part of it.
 *
 * @param name the flag, for the message when there are two
 * @throws AppError USAGE, IO_ERROR, VALIDATION
 */
export async function readBody(name: string, sources: BodySources): Promise<string | undefined> {
  const file = sources.file ?? (sources.stdin ? '-' : undefined);
  if (file === undefined) return sources.text;
  if (sources.text !== undefined || (sources.file !== undefined && sources.stdin && sources.file !== '-')) {
    throw new AppError('USAGE', `${name} is given twice: by a flag and by a file or standard input`);
  }
  return (await readText(file)).replace(/\r?\n$/, '');
}

/** Whole words or lists with commas, as often as the flag is given: `-l a,b -l c`. */
export function splitList(values: readonly string[] | undefined): string[] {
  return (values ?? [])
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '');
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  return Buffer.concat(chunks);
}
