import { type Command, Flags as OclifFlags } from '@oclif/core';
import { AppError } from '../errors.ts';
import { beforeTerminator } from './terminator.ts';

type Flags = Command.Class['flags'];

// What Go's flag package takes: https://pkg.go.dev/strconv#ParseBool
const TRUE = /^(?:1|t|true)$/i;
const FALSE = /^(?:0|f|false)$/i;
const WITH_VALUE = /^(?:--([\w-]+)|-([a-zA-Z]))=(.*)$/s;

/**
 * The words of a command line with `--flag=true` and `--flag=false` as oclif understands them: it would
 * take each for `--flag`, and the value for an argument.
 *
 * @throws AppError USAGE for another value
 * @example withoutBooleanValues(['hm-a1', '--force=false'], Close.flags) // ['hm-a1']
 */
export function withoutBooleanValues(words: readonly string[], ownFlags: Flags): string[] {
  const own = beforeTerminator(words);
  if (!own.some((word) => WITH_VALUE.test(word))) return [...words];
  const flags: Flags = { ...ownFlags, json: OclifFlags.boolean() };
  const changed = own.flatMap((word, index) => {
    const [, long, short, value = ''] = WITH_VALUE.exec(word) ?? [];
    const [name, flag] = find(flags, long, short) ?? [];
    if (name === undefined || flag?.type !== 'boolean' || takesNext(flags, own[index - 1] ?? '')) return [word];
    if (TRUE.test(value)) return [`--${name}`];
    if (!FALSE.test(value)) {
      throw new AppError('USAGE', `invalid value "${value}" for --${name}: true or false`);
    }
    return flag.allowNo ? [`--no-${name}`] : [];
  });
  return [...changed, ...words.slice(own.length)];
}

function find(flags: Flags, long: string | undefined, short: string | undefined) {
  return Object.entries(flags).find(([name, { char, aliases = [], charAliases = [] }]) =>
    long === undefined
      ? short !== undefined && [char, ...charAliases].some((each) => each === short)
      : [name, ...aliases].includes(long),
  );
}

/** Whether a word is a flag whose value is the next word. */
function takesNext(flags: Flags, word: string): boolean {
  const [, long, short] = /^(?:--([\w-]+)|-([a-zA-Z]))$/.exec(word) ?? [];
  return find(flags, long, short)?.[1].type === 'option';
}
