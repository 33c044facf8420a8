import { AppError, EXIT } from '../errors.ts';
import type { ProgramCommand } from './base-command.ts';
import { withoutBooleanValues } from './boolean-values.ts';
import { bdErrorDocument, errorDocument, toAppError } from './error-projection.ts';
import { errorText } from './error-text.ts';
import { bdJson } from './go-json.ts';
import { nearest } from './nearest.ts';
import { RunConfig } from './run-config.ts';
import { painter } from './style.ts';
import { beforeTerminator } from './terminator.ts';

export type CommandLoader = () => Promise<{ default: ProgramCommand }>;

/** One of our programs: its explicit command table, so that only the command that runs is loaded. */
export interface Program {
  readonly name: 'gt' | 'bd';
  readonly version: string;
  /** Root of the package. */
  readonly root: string;
  readonly summary: string;
  /** Command ids, words joined by `:`, to the modules that hold them. Aliases are entries of their own. */
  readonly commands: Readonly<Record<string, CommandLoader>>;
  /** Ids in `commands` that are other names of a command, left out of help. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly topics: Readonly<Record<string, string>>;
  /** Global flags that take a value and may stand before the command's name. */
  readonly valueFlags: readonly string[];
  /** Global flags without a value: they too may stand before the name, and between its words. */
  readonly switches: readonly string[];
}

/**
 * Runs one command line: finds the command, runs it, sets the exit code. Never throws.
 *
 * @example await runProgram(gt, process.argv.slice(2));
 */
export async function runProgram(program: Program, argv: readonly string[]): Promise<void> {
  try {
    if (program.name === 'gt' && asksForVersionJson(argv)) {
      process.stdout.write(`${JSON.stringify({ version: program.version, schema_version: 1 }, null, 2)}\n`);
      return;
    }
    if (argv[0] === '--version' || (program.name === 'bd' && argv[0] === '-V')) {
      process.stdout.write(`${program.name} version ${program.version}\n`);
      return;
    }
    const found = findCommand(program, argv);
    const command = found.id ? (await loader(program, found.id)()).default : undefined;
    if (!found.id || !command || asksForHelp(found.rest, command)) {
      const { showHelp } = await import('./help.ts');
      await showHelp(program, found);
      return;
    }
    command.id = found.id;
    const words = withoutBooleanValues(found.rest, { ...command.baseFlags, ...command.flags });
    await command.execute(words, new RunConfig(program));
  } catch (thrown) {
    reportAtTop(program, thrown, argv);
  }
}

function asksForVersionJson(argv: readonly string[]): boolean {
  return argv.length === 2 && argv.includes('--version') && argv.includes('--json');
}

export interface FoundCommand {
  /** Id of the command, or undefined when the words name none. */
  id: string | undefined;
  /** The words that are no flags, as far as they can be told without knowing the command. */
  words: string[];
  /** What the command gets: all but the words of its name. */
  rest: string[];
}

/** Finds the longest command name that the words begin with; global flags may stand before and within it. */
export function findCommand(program: Program, argv: readonly string[]): FoundCommand {
  const found: { word: string; at: number; stretch: number }[] = [];
  // A flag that only the command knows may take the next word as its value, so no name goes on behind it.
  let stretch = 0;
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? '';
    if (word === '--') break;
    if (!word.startsWith('-') || word === '-') found.push({ word, at: index, stretch });
    else if (program.valueFlags.includes(word)) index += 1;
    else if (!isGlobal(program, word)) stretch += 1;
  }
  const words = found.map(({ word }) => word);
  for (let length = Math.min(words.length, 4); length > 0; length -= 1) {
    const id = words.slice(0, length).join(':');
    const name = found.slice(0, length);
    if (name.some((each) => each.stretch !== found[0]?.stretch) || !(id in program.commands)) continue;
    return { id, words, rest: argv.filter((_, index) => !name.some(({ at }) => at === index)) };
  }
  if (words.length === 0) refuseUnknownFlags(program, argv);
  const help = words.length === 0 || words[0] === 'help' || isTopic(program, words);
  if (help || beforeTerminator(argv).some(isHelpFlag)) return { id: undefined, words, rest: [...argv] };
  throw unknownCommand(program, words);
}

/** Without a command only the global flags mean anything. @throws AppError USAGE */
function refuseUnknownFlags(program: Program, argv: readonly string[]): void {
  const own = [...program.switches, ...program.valueFlags, '--help', '-h', '--version', '-V', '--json'];
  const isValue = (index: number) => program.valueFlags.includes(argv[index - 1] ?? '');
  const wrong = beforeTerminator(argv).find(
    (word, index) => !own.includes(word) && !isGlobal(program, word) && !isValue(index),
  );
  const last = beforeTerminator(argv).at(-1) ?? '';
  if (wrong === undefined && program.valueFlags.includes(last)) {
    throw new AppError('USAGE', `Flag ${last} expects a value`, { hint: `${program.name} --help` });
  }
  if (wrong === undefined) return;
  const near = nearest(wrong.replace(/=.*$/, ''), own);
  throw new AppError('USAGE', `Nonexistent flag: ${wrong}`, {
    hint: `${near ? `did you mean ${near}? ` : ''}\`${program.name} --help\` lists commands and flags`,
  });
}

function isGlobal(program: Program, word: string): boolean {
  return program.switches.includes(word) || program.valueFlags.some((flag) => word.startsWith(`${flag}=`));
}

function isHelpFlag(word: string): boolean {
  return word === '--help' || word === '-h';
}

/** Whether one of the words is a help flag, and not the value of the flag before it. */
function asksForHelp(rest: readonly string[], command: ProgramCommand): boolean {
  const own = beforeTerminator(rest);
  if (!own.some(isHelpFlag)) return false;
  const flags = Object.entries({ ...command.baseFlags, ...command.flags });
  const taking = new Set(
    flags.flatMap(([name, { type, char, aliases = [], charAliases = [] }]) =>
      type !== 'option'
        ? []
        : [name, ...aliases].map((each) => `--${each}`).concat([char, ...charAliases].map((each) => `-${each}`)),
    ),
  );
  return own.some((word, index) => isHelpFlag(word) && !taking.has(own[index - 1] ?? ''));
}

function isTopic(program: Program, words: readonly string[]): boolean {
  return words.join(':') in program.topics;
}

function unknownCommand(program: Program, words: readonly string[]): AppError {
  const inTopic = (words[0] ?? '') in program.topics;
  const typed = words.slice(0, inTopic ? 2 : 1).join(' ');
  const near = nearestCommand(program, words);
  const topic = inTopic && near === words[0] ? ` ${near}` : undefined;
  return new AppError('USAGE', `unknown command "${typed}" for "${program.name}"`, {
    hint:
      near && topic === undefined
        ? `did you mean \`${program.name} ${near}\`? \`${program.name} --help\` lists all commands`
        : `Run '${program.name}${topic ?? ''} --help' for usage.`,
  });
}

/** The name that was meant, word by word: a slip in the topic, in the command below it, or in both. */
export function nearestCommand(program: Program, words: readonly string[]): string | undefined {
  const names = Object.keys(program.commands).map((id) => id.split(':'));
  const found: string[] = [];
  for (const word of words) {
    const below = names.filter((name) => found.every((each, index) => name[index] === each));
    const next = nearest(
      word.toLowerCase(),
      below.flatMap((name) => name[found.length] ?? []),
    );
    if (next === undefined) break;
    found.push(next);
  }
  // Words behind a command's name are its own.
  while (found.length > 0 && !(found.join(':') in program.commands) && !(found.join(':') in program.topics))
    found.pop();
  return found.length === 0 ? undefined : found.join(' ');
}

function loader(program: Program, id: string): CommandLoader {
  const load = program.commands[id];
  if (!load) throw new Error(`no command ${id}`);
  return load;
}

/** Errors that happen before a command runs; `--json` holds for them too. */
function reportAtTop(program: Program, thrown: unknown, argv: readonly string[]): void {
  const error = toAppError(thrown, program.name);
  const bd = program.name === 'bd';
  process.exitCode = !bd || error.code === 'USAGE' ? error.exitCode : EXIT.failed;
  if (!beforeTerminator(argv).includes('--json')) process.stderr.write(errorText(error, painter(process.stderr)));
  else if (bd) process.stdout.write(`${bdJson(bdErrorDocument(error))}\n`);
  else process.stdout.write(`${JSON.stringify(errorDocument(error, error.exitCode), null, 2)}\n`);
}
