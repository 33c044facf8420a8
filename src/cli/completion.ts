/** What completion needs to know of a command. */
export interface CompletionCommand {
  /** Words of its name: `['config', 'get']`. */
  readonly words: readonly string[];
  readonly summary: string;
  readonly flags: readonly CompletionFlag[];
  /** The values of its argument, where they are few. */
  readonly values: readonly string[];
}

export interface CompletionFlag {
  /** Without dashes. */
  readonly name: string;
  readonly char: string | undefined;
  readonly summary: string;
  readonly takesValue: boolean;
  /** The values that it takes, where they are few. */
  readonly values: readonly string[];
}

/** One place on the command line: after these words, these may follow. */
export interface CompletionPlace {
  /** Words so far, without the program and without flags. */
  readonly path: string;
  readonly words: readonly { readonly name: string; readonly summary: string }[];
  readonly flags: readonly CompletionFlag[];
}

/**
 * What may follow where: the top, each topic, each command. A topic that is a command as well, such
 * as `comments`, offers both.
 *
 * @param topics summaries of the topics by name, words joined by a space
 */
export function completionPlaces(
  commands: readonly CompletionCommand[],
  topics: Readonly<Record<string, string>>,
): CompletionPlace[] {
  const paths = new Set(commands.flatMap(({ words }) => words.map((_, index) => words.slice(0, index).join(' '))));
  for (const { words } of commands) paths.add(words.join(' '));
  return [...paths].sort().map((path) => {
    const depth = path === '' ? 0 : path.split(' ').length;
    const below = commands.filter(({ words }) => words.length > depth && words.slice(0, depth).join(' ') === path);
    const words = new Map<string, string>();
    for (const command of below) {
      const name = command.words[depth] ?? '';
      const whole = command.words.slice(0, depth + 1).join(' ');
      const summary = command.words.length === depth + 1 ? command.summary : topics[whole];
      if (!words.get(name)) words.set(name, summary ?? '');
    }
    const own = commands.find((command) => command.words.join(' ') === path);
    for (const value of own?.values ?? []) words.set(value, '');
    return { path, words: [...words].map(([name, summary]) => ({ name, summary })), flags: own?.flags ?? [] };
  });
}

/** Flags that take a value, as they are typed: their value is no word of a command's name. */
export function valueFlags(places: readonly CompletionPlace[]): string[] {
  return [...new Set(places.flatMap(({ flags }) => flags.filter((flag) => flag.takesValue).flatMap(typed)))].sort();
}

/** `--type` and `-t`. */
export function typed(flag: CompletionFlag): string[] {
  return [`--${flag.name}`, ...(flag.char ? [`-${flag.char}`] : [])];
}
