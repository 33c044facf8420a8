import { Args } from '@oclif/core';
import type { AppError } from '../errors.ts';
import { BaseCommand, type ProgramCommand } from './base-command.ts';
import { type CompletionCommand, completionPlaces } from './completion.ts';
import { completionScript, installHint, SHELLS, type Shell } from './completion-scripts.ts';
import type { Program } from './dispatch.ts';
import { bdErrorDocument } from './error-projection.ts';
import { bdJson } from './go-json.ts';
import { loadables } from './help.ts';

/**
 * The command `completion` of a program. It is made from the program's table, which no command can
 * import, so the table itself asks for it.
 *
 * @example completion: async () => (await import('../cli/completion-command.ts')).completionOf(program)
 */
export function completionOf(program: () => Program): { default: ProgramCommand } {
  const { name } = program();
  return {
    default: class Completion extends BaseCommand {
      static override summary = 'Print the completion script for a shell';
      static override description = SHELLS.map((shell) => `${shell}:  ${installHint(shell, name)}`).join('\n');
      static override args = {
        shell: Args.string({ description: 'bash, zsh or fish', required: true, options: [...SHELLS] }),
      };

      /** As the other commands of the program. */
      protected override logJson(document: unknown): void {
        if (name === 'bd') process.stdout.write(`${bdJson(document)}\n`);
        else super.logJson(document);
      }

      protected override logErrorJson(error: AppError): void {
        if (name === 'bd') this.logJson(bdErrorDocument(error));
        else super.logErrorJson(error);
      }

      async run() {
        const { args } = await this.parse(Completion);
        const shell = args.shell as Shell;
        const { topics } = program();
        const places = completionPlaces(await completionCommands(program()), topics);
        return this.show({ shell, script: completionScript(shell, name, places) }, ({ script }) => script);
      }
    },
  };
}

async function completionCommands(program: Program): Promise<CompletionCommand[]> {
  const commands = await loadables(program);
  const aliases = Object.entries(program.aliases).flatMap(([alias, id]) => {
    const command = commands.find((each) => each.id === id);
    return command ? [{ ...command, id: alias }] : [];
  });
  return [...commands, ...aliases]
    .filter((command) => !command.hidden)
    .map((command) => ({
      words: command.id.split(':'),
      summary: command.summary ?? '',
      values: Object.values(command.args).flatMap((arg) => arg.options ?? []),
      flags: Object.entries(command.flags)
        .filter(([, flag]) => !flag.hidden)
        .map(([name, flag]) => ({
          name,
          char: flag.char,
          summary: flag.summary ?? flag.description ?? '',
          takesValue: flag.type === 'option',
          values: flag.type === 'option' && Array.isArray(flag.options) ? flag.options : [],
        })),
    }));
}
