import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Program } from './dispatch.ts';

/** A command in an overview. */
export interface Summary {
  /** Words joined by `:`. */
  readonly id: string;
  readonly summary?: string | undefined;
}

/**
 * The commands of a program without loading any of them: from the list that the build makes beside
 * the bundles, because help would take three times as long.
 *
 * @returns undefined where there is none, as when the sources run
 */
export function builtSummaries(program: Program): readonly Summary[] | undefined {
  const file = join(program.root, 'dist', `${program.name}-commands.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/**
 * The text of `bd --help`, or of a topic such as `gt dolt --help`: topics and commands with their
 * summaries, laid out as oclif does for single commands.
 *
 * @param subject id of a topic; empty: the program
 * @param width columns of the terminal
 */
export function overview(program: Program, commands: readonly Summary[], subject: string, width: number): string {
  const below = (id: string) => id !== subject && (subject === '' || id.startsWith(`${subject}:`));
  const depth = subject === '' ? 1 : subject.split(':').length + 1;
  const isNext = (id: string) => below(id) && id.split(':').length === depth;
  const topics = Object.entries(program.topics)
    .filter(([id]) => isNext(id) && commands.some((command) => command.id.startsWith(`${id}:`)))
    .map(([id, summary]) => ({ id, summary }));
  const section = (title: string, entries: readonly Summary[]) =>
    entries.length === 0 ? [] : [`${title}\n${table(entries, width)}`];
  const version = `VERSION\n  ${program.name}/${program.version} ${process.platform}-${process.arch} node-${process.version}`;
  const words = subject.replaceAll(':', ' ');
  const parts =
    subject === ''
      ? [program.summary, version, `USAGE\n  $ ${program.name} [COMMAND]`]
      : [program.topics[subject] ?? '', `USAGE\n  $ ${program.name} ${words} COMMAND`];
  const shown = commands.filter(({ id }) => isNext(id));
  return `${[...parts, ...section('TOPICS', topics), ...section('COMMANDS', shown)].join('\n\n')}\n\n`;
}

function table(entries: readonly Summary[], width: number): string {
  const sorted = [...entries].sort((a, b) => (a.id < b.id ? -1 : 1));
  const column = Math.max(...sorted.map(({ id }) => id.length)) + 2;
  const indent = ' '.repeat(column + 2);
  return sorted
    .map(({ id, summary = '' }) => {
      const lines = wrapped(summary, Math.max(width - indent.length, 20));
      return `  ${id.replaceAll(':', ' ').padEnd(column)}${lines.join(`\n${indent}`)}`;
    })
    .join('\n');
}

/** The text in lines between words, of at most `width` characters where its words allow that. */
function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
