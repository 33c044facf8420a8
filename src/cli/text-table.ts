import { stripVTControlCharacters } from 'node:util';
import type { Paint } from './style.ts';

/**
 * A table of short ASCII cells, columns two spaces apart. Colours do not count as width.
 *
 * @example textTable(['RIG', 'PORT'], [['beads', '3307']], paint)
 */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[], paint: Paint): string {
  const widths = head.map((title, column) => Math.max(...[title, ...rows.map((row) => row[column] ?? '')].map(width)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - width(cell)))
      .join('  ')
      .trimEnd();
  return [paint('dim', line(head)), ...rows.map(line)].join('\n');
}

function width(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
