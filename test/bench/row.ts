/** One run of a row: what was measured and what it is held against, in ms, taken one after the other. */
export interface Pair {
  readonly measured: number;
  readonly reference: number;
}

/** A claim about speed or size, with the figures that were taken for it. */
export interface Row {
  readonly what: string;
  /** What it is compared with; null for a figure that stands for itself. */
  readonly against: string | null;
  /** Of the figures: `x` is a ratio. */
  readonly unit: 'x' | 'ms' | 'MB' | '%';
  /** What the median may be at most; null where nothing is promised. */
  readonly limit: number | null;
  readonly figures: readonly number[];
  /** The times behind the ratios. */
  readonly pairs: readonly Pair[];
}

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** A row of ratios: each run's measured time over the reference taken right after it. */
export function ratioRow(claim: { what: string; against: string; limit: number | null }, pairs: readonly Pair[]): Row {
  return { ...claim, unit: 'x', pairs, figures: pairs.map(({ measured, reference }) => measured / reference) };
}

/** A row of plain figures. */
export function figureRow(
  claim: { what: string; unit: 'ms' | 'MB' | '%'; limit: number | null },
  figures: readonly number[],
): Row {
  return { ...claim, against: null, pairs: [], figures };
}

export function spread(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const at = (index: number) => sorted[index] ?? Number.NaN;
  return { min: at(0), median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, max: at(sorted.length - 1) };
}

export function holds(row: Row): boolean {
  return row.limit === null || spread(row.figures).median <= row.limit;
}

/**
 * Takes `runs` pairs, A B A B …, so that a machine that gets busier or slower does so for both.
 *
 * @example await alternate({ runs: 10, signal }, () => timeProcess(gt, ['--help']), () => timeProcess(node, ['-e', '0']));
 */
export async function alternate(
  { runs, signal }: { runs: number; signal: AbortSignal },
  measured: () => Promise<number>,
  reference: () => Promise<number>,
): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let run = 0; run < runs; run += 1) {
    signal.throwIfAborted();
    pairs.push({ measured: await measured(), reference: await reference() });
  }
  return pairs;
}
