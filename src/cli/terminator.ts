/**
 * The flags and words before `--`, behind which nothing is a flag.
 *
 * @example beforeTerminator(['show', '--', '--json']) // ['show']
 */
export function beforeTerminator(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end < 0 ? argv : argv.slice(0, end);
}
