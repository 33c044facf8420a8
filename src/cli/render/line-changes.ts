/** A line that is only in the old text (`-`) or only in the new one (`+`). */
export interface LineChange {
  readonly sign: '-' | '+';
  readonly line: string;
}

// Above it the search for the best match takes longer than it helps.
const MAX_COMPARISONS = 1_000_000;

/**
 * The lines that make one text out of the other, as few as there can be; lines that stay are left out.
 *
 * @example lineChanges('a\nb', 'a\nc') // [{ sign: '-', line: 'b' }, { sign: '+', line: 'c' }]
 */
export function lineChanges(before: string, after: string): LineChange[] {
  const [old, young] = [splitLines(before), splitLines(after)];
  let start = 0;
  while (start < old.length && start < young.length && old[start] === young[start]) start += 1;
  let end = 0;
  const shorter = Math.min(old.length, young.length) - start;
  while (end < shorter && old[old.length - 1 - end] === young[young.length - 1 - end]) end += 1;
  const [a, b] = [old.slice(start, old.length - end), young.slice(start, young.length - end)];
  if (a.length * b.length > MAX_COMPARISONS) return [...signed('-', a), ...signed('+', b)];
  return shortestScript(a, b);
}

/** Longest common subsequence, by dynamic programming. */
function shortestScript(a: readonly string[], b: readonly string[]): LineChange[] {
  // common[i][j]: how many lines a from i on and b from j on have in common.
  const common = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const row = common[i];
    for (let j = b.length - 1; row && j >= 0; j -= 1) {
      row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const changes: LineChange[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) {
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) changes.push({ sign: '-', line: a[i++] ?? '' });
    else changes.push({ sign: '+', line: b[j++] ?? '' });
  }
  return [...changes, ...signed('-', a.slice(i)), ...signed('+', b.slice(j))];
}

function signed(sign: LineChange['sign'], lines: readonly string[]): LineChange[] {
  return lines.map((line) => ({ sign, line }));
}

function splitLines(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}
