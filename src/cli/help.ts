import { type Command, Config, Flags, Help } from '@oclif/core';
import { AppError } from '../errors.ts';
import { type FoundCommand, nearestCommand, type Program } from './dispatch.ts';
import { bdJson } from './go-json.ts';
import { helpDocument } from './help-document.ts';
import { beforeTerminator } from './terminator.ts';

/** Shows help for the program, a topic or a command. */
export async function showHelp(program: Program, found: FoundCommand): Promise<void> {
  const subject = helpSubject(program, found);
  const asJson = beforeTerminator(found.rest).includes('--json');
  const width = Math.min(process.stdout.columns ?? 100, 110);
  if (!asJson && !(subject in program.commands)) {
    const { builtSummaries, overview } = await import('./overview.ts');
    const summaries = builtSummaries(program) ?? (await loadables(program)).filter(({ hidden }) => !hidden);
    process.stdout.write(overview(program, summaries, subject, width));
    return;
  }
  const commands = await loadables(program, subject);
  if (asJson) {
    const document = helpDocument(program, commands, subject);
    const text = program.name === 'bd' ? bdJson(document) : JSON.stringify({ ...document, schema_version: 1 }, null, 2);
    process.stdout.write(`${text}\n`);
    return;
  }
  const config = await helpConfig(program, commands);
  const help = new Help(config, {
    ...config.pjson.oclif.helpOptions,
    maxWidth: width,
  });
  await help.showHelp([subject]);
}

function helpSubject(program: Program, found: FoundCommand): string {
  if (found.id && found.words[0] !== 'help') return program.aliases[found.id] ?? found.id;
  const words = found.words[0] === 'help' ? found.words.slice(1) : found.words;
  for (let length = words.length; length > 0; length -= 1) {
    const id = words.slice(0, length).join(':');
    if (id in program.commands || id in program.topics) return program.aliases[id] ?? id;
  }
  if (words.length === 0) return '';
  const near = nearestCommand(program, words);
  throw new AppError('USAGE', `unknown command "${words.join(' ')}" for "${program.name}"`, {
    hint: near ? `did you mean \`${program.name} ${near}\`?` : `${program.name} --help`,
  });
}

/** The commands with their metadata, aliases left out: those of a subject, or all. Loads every one of them. */
export async function loadables(program: Program, subject = ''): Promise<Command.Loadable[]> {
  const within = (id: string) => subject === '' || id === subject || id.startsWith(`${subject}:`);
  const ids = Object.keys(program.commands).filter((id) => within(id) && !(id in program.aliases));
  return Promise.all(
    ids.map(async (id) => {
      const load = program.commands[id];
      if (!load) throw new Error(`no command ${id}`);
      return describe(id, (await load()).default);
    }),
  );
}

async function describe(id: string, command: Command.Class): Promise<Command.Loadable> {
  const json = Flags.boolean({ description: 'print one JSON document', helpGroup: 'GLOBAL' });
  const flags = { ...command.flags, ...command.baseFlags, ...(command.enableJsonFlag ? { json } : {}) };
  for (const [name, flag] of Object.entries(flags)) flag.name = name;
  const helped: Record<string, object> = { ...flags };
  for (const [name, flag] of Object.entries(flags)) {
    // `30s` is said, not the 30000 that it means.
    if (!('defaultHelp' in flag) || typeof flag.defaultHelp !== 'function') continue;
    helped[name] = { ...flag, default: await flag.defaultHelp({ options: flag, flags: {} }) };
  }
  for (const [name, argument] of Object.entries(command.args)) argument.name = name;
  const { summary, description, examples, usage, hidden, state, strict, deprecationOptions } = command;
  return {
    ...{ id, summary, description, examples, usage, hidden: hidden ?? false, state, strict, deprecationOptions },
    aliases: command.aliases,
    hiddenAliases: command.hiddenAliases,
    args: command.args,
    // A class holds the flags' definitions; help reads the part that a manifest would cache.
    flags: helped as unknown as Command.Loadable['flags'],
    load: async () => command,
  } as Command.Loadable;
}

/** oclif's configuration without its file system search: we know our commands. */
async function helpConfig(program: Program, commands: Command.Loadable[]): Promise<Config> {
  const pjson = {
    name: program.name,
    version: program.version,
    oclif: { bin: program.name, topicSeparator: ' ', helpOptions: { flagSortOrder: 'none' } },
  };
  const plugin = {
    _base: '',
    alias: program.name,
    commandIDs: commands.map((command) => command.id),
    commands,
    commandsDir: undefined,
    findCommand: async () => undefined,
    hasManifest: true,
    hooks: {},
    isRoot: true,
    load: async () => undefined,
    moduleType: 'commonjs',
    name: program.name,
    options: { root: program.root },
    pjson,
    root: program.root,
    tag: undefined,
    topics: Object.entries(program.topics).map(([name, description]) => ({ name, description })),
    type: 'core',
    valid: true,
    version: program.version,
  };
  // oclif's Plugin class reads the file system; its interface is larger than what a Config uses.
  const plugins = new Map([[program.name, plugin]]) as unknown as NonNullable<
    ConstructorParameters<typeof Config>[0]['plugins']
  >;
  return Config.load({ root: program.root, plugins, devPlugins: false, userPlugins: false });
}
