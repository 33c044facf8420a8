const EVERY_ROWS = 10_000;

/**
 * A counter that tells how far a pass over many rows is.
 *
 * @example const onRows = countRows('Imported', 410_000, console.error);
 */
export function countRows(verb: string, total: number, onProgress: (text: string) => void): (rows: number) => void {
  let count = 0;
  return (rows) => {
    const before = Math.floor(count / EVERY_ROWS);
    count += rows;
    if (Math.floor(count / EVERY_ROWS) > before) onProgress(`${verb} ${count} of ${Math.max(count, total)} rows`);
  };
}
