import { type CompletionPlace, typed, valueFlags } from './completion.ts';

export type Shell = 'bash' | 'zsh' | 'fish';
export const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];

/**
 * The completion script of a program for one shell. It holds the whole command table, so that a
 * press of the tab key starts no process.
 */
export function completionScript(shell: Shell, program: string, places: readonly CompletionPlace[]): string {
  return { bash, zsh, fish }[shell](program, places);
}

/** How a user switches it on; shown by the command's help. */
export function installHint(shell: Shell, program: string): string {
  return {
    bash: `echo 'source <(${program} completion bash)' >> ~/.bashrc`,
    zsh: `${program} completion zsh > "\${fpath[1]}/_${program}"`,
    fish: `${program} completion fish > ~/.config/fish/completions/${program}.fish`,
  }[shell];
}

function bash(program: string, places: readonly CompletionPlace[]): string {
  const candidates = places.map(({ path, words, flags }) => {
    const all = [...words.map(({ name }) => name), ...flags.map(({ name }) => `--${name}`)];
    return `    ${quote(path)}) words=${quote(all.join(' '))} ;;`;
  });
  return `# Completion of ${program} for bash: ${installHint('bash', program)}
_${program}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path="" words="" i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      ${valueFlags(places).join('|')}) ((i++)); continue ;;
      -*) continue ;;
    esac
    case "\${path:+$path }\${COMP_WORDS[i]}" in
      ${paths(places)}) path="\${path:+$path }\${COMP_WORDS[i]}" ;;
      *) break ;;
    esac
  done
  case "$path $prev" in
${valueCases(places, (values) => `words=${quote(values.join(' '))}`)}
    ${valueFlags(places)
      .map((flag) => `*" ${flag}"`)
      .join('|')}) return ;;
    *) case "$path" in
${candidates.join('\n')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _${program} ${program}
`;
}

function zsh(program: string, places: readonly CompletionPlace[]): string {
  const candidates = places.map(({ path, words, flags }) => {
    const all = [
      ...words.map(({ name, summary }) => `${name}:${summary}`),
      ...flags.map(({ name, summary }) => `--${name}:${summary}`),
    ];
    return `    ${quote(path)}) items=(${all.map(quote).join(' ')}) ;;`;
  });
  return `#compdef ${program}
# Completion of ${program} for zsh: ${installHint('zsh', program)}
_${program}() {
  local at="" i
  local -a items
  for ((i = 2; i < CURRENT; i++)); do
    case "\${words[i]}" in
      ${valueFlags(places).join('|')}) ((i++)); continue ;;
      -*) continue ;;
    esac
    case "\${at:+$at }\${words[i]}" in
      ${paths(places)}) at="\${at:+$at }\${words[i]}" ;;
      *) break ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${valueCases(places, (values) => `items=(${values.map(quote).join(' ')})`)}
    ${valueFlags(places)
      .map((flag) => `*" ${flag}"`)
      .join('|')}) _files; return ;;
    *) case "$at" in
${candidates.join('\n')}
    esac ;;
  esac
  _describe '${program}' items || _files
}
# Loaded by name from fpath, this file is the function's body for the first time.
if [ "\${funcstack[1]}" = "_${program}" ]; then _${program} "$@"; else compdef _${program} ${program}; fi
`;
}

function fish(program: string, places: readonly CompletionPlace[]): string {
  const lines = places.flatMap(({ path, words, flags }) => {
    // Evaluated by fish, so it is quoted twice; names of commands hold no quotes.
    const when = `-n "__${program}_at '${path}'"`;
    return [
      ...words.map(({ name, summary }) => `complete -c ${program} ${when} -f -a ${quote(name)} -d ${quote(summary)}`),
      ...flags.map((flag) => {
        const short = flag.char ? ` -s ${flag.char}` : '';
        const values = flag.values.length > 0 ? ` -f -a ${quote(flag.values.join(' '))}` : '';
        const value = flag.takesValue ? ` -r${values}` : '';
        return `complete -c ${program} ${when} -l ${flag.name}${short}${value} -d ${quote(flag.summary)}`;
      }),
    ];
  });
  return `# Completion of ${program} for fish: ${installHint('fish', program)}
function __${program}_at
  set -l known ${places
    .filter(({ path }) => path !== '')
    .map(({ path }) => quote(path))
    .join(' ')}
  set -l with_value ${valueFlags(places).join(' ')}
  set -l at ''
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip -eq 1
      set skip 0
    else if contains -- $word $with_value
      set skip 1
    else if not string match -q -- '-*' $word
      set -l next (string trim -- "$at $word")
      contains -- $next $known; and set at $next; or break
    end
  end
  test "$at" = "$argv[1]"
end
${lines.join('\n')}
`;
}

/** The cases for flags whose values are few, after the words that lead to them. */
function valueCases(places: readonly CompletionPlace[], set: (values: readonly string[]) => string): string {
  const cases = places.flatMap(({ path, flags }) =>
    flags
      .filter((flag) => flag.values.length > 0)
      .map(
        (flag) =>
          `    ${typed(flag)
            .map((name) => quote(`${path} ${name}`))
            .join('|')}) ${set(flag.values)} ;;`,
      ),
  );
  return cases.join('\n');
}

function paths(places: readonly CompletionPlace[]): string {
  return places
    .filter(({ path }) => path !== '')
    .map(({ path }) => quote(path))
    .join('|');
}

/** In single quotes; what the shells read alike. */
function quote(text: string): string {
  return `'${text.replaceAll("'", '’').replace(/\s+/g, ' ')}'`;
}
