import type { Command } from '@oclif/core';
import type { Program } from './dispatch.ts';

/** One command in the JSON form of help; flags and arguments only when it is the subject. */
export interface CommandHelp {
  /** As it is typed, without the program: `dep add`. */
  name: string;
  summary: string;
  description?: string;
  args?: { name: string; summary: string; required: boolean }[];
  flags?: { name: string; char?: string; summary: string; takes_value: boolean }[];
}

/** What `help --json` prints. */
export interface HelpDocument {
  name: string;
  summary: string;
  commands: CommandHelp[];
}

/**
 * Help as data: the commands of the program or a topic with their summaries, or one command in full.
 *
 * @param subject id of a command or a topic; empty: the program
 */
export function helpDocument(program: Program, commands: readonly Command.Loadable[], subject: string): HelpDocument {
  const shown = commands.filter(({ hidden, id }) => !hidden && (subject === '' || inSubject(id, subject)));
  const summary = subject === '' ? program.summary : program.topics[subject];
  return {
    name: subject === '' ? program.name : subject.replaceAll(':', ' '),
    summary: summary ?? shown.find(({ id }) => id === subject)?.summary ?? '',
    commands: shown.map((command) => ({ ...brief(command), ...(command.id === subject ? details(command) : {}) })),
  };
}

function inSubject(id: string, subject: string): boolean {
  return id === subject || id.startsWith(`${subject}:`);
}

function brief({ id, summary }: Command.Loadable): CommandHelp {
  return { name: id.replaceAll(':', ' '), summary: summary ?? '' };
}

function details({ description, args, flags }: Command.Loadable): Omit<CommandHelp, 'name' | 'summary'> {
  return {
    ...(description === undefined ? {} : { description }),
    args: Object.entries(args)
      .filter(([, argument]) => !argument.hidden)
      .map(([name, argument]) => ({
        name,
        summary: argument.description ?? '',
        required: argument.required ?? false,
      })),
    flags: Object.entries(flags)
      .filter(([, flag]) => !flag.hidden)
      .map(([name, flag]) => ({
        name,
        ...(flag.char === undefined ? {} : { char: flag.char }),
        summary: flag.summary ?? flag.description ?? '',
        takes_value: flag.type === 'option',
      })),
  };
}
