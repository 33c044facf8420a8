/**
 * A flag that may be given several times, with one value each, as Go's flags take them. Without the second
 * of these oclif gives it all words that follow: `update --add-label urgent hm-a1` would lose its id.
 *
 * @example Flags.string({ summary: 'add labels', ...REPEATED })
 */
export const REPEATED = { multiple: true, multipleNonGreedy: true } as const;
