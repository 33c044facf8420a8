import { AppError } from '../../errors.ts';
import { requireFits } from '../field-limits.ts';

/**
 * Labels without surrounding blanks, each once, in the order given.
 *
 * @throws AppError VALIDATION for an empty or reserved one
 * @example normalizeLabels([' ui', 'ui', 'api']) // ['ui', 'api']
 */
export function normalizeLabels(labels: readonly string[]): string[] {
  return [...new Set(labels.map(normalizeLabel))];
}

/** @throws AppError VALIDATION */
export function normalizeLabel(label: string): string {
  const name = label.trim();
  if (name === '') throw new AppError('VALIDATION', 'label cannot be empty');
  requireFits('label', name);
  if (name.startsWith('provides:')) {
    throw new AppError('VALIDATION', `label "${name}": labels that start with 'provides:' are reserved`, {
      hint: 'they tell other projects which capabilities this one ships',
    });
  }
  return name;
}
