import { AppError } from '../errors.ts';

/**
 * Bytes that a long text may have: all of an issue's together, with what quoting adds, stay below
 * what one statement may be. The columns of a database that we made hold more.
 */
export const MAX_TEXT_BYTES = 10 * 1024 * 1024;

/** Bytes of a `text` column, which is what the Go `bd` makes of long texts; Dolt refuses one more. */
export const TEXT_COLUMN_BYTES = 65_535;

/** Characters of the columns that are no long text. */
const CHARACTERS: Readonly<Record<string, number>> = {
  title: 500,
  assignee: 255,
  owner: 255,
  created_by: 255,
  external_ref: 255,
  spec_id: 1024,
  source_system: 255,
  sender: 255,
  actor: 255,
  target: 255,
  await_id: 255,
  closed_by_session: 255,
  label: 255,
  author: 255,
  id: 255,
  thread_id: 255,
  issue_type: 32,
  status: 32,
  wisp_type: 32,
  mol_type: 32,
  work_type: 32,
  event_kind: 32,
  await_type: 32,
};

/**
 * Refuses text that the column `field` cannot hold as it is: too long, or not Unicode (half of a
 * surrogate pair).
 *
 * @throws AppError VALIDATION
 * @example requireFits('title', 'Fix login')
 */
export function requireFits(field: string, value: string): void {
  if (/\p{Surrogate}/u.test(value)) {
    throw new AppError('VALIDATION', `${field} is not valid Unicode text`, {
      hint: 'it holds half of a character: check the encoding of what was typed',
    });
  }
  const characters = CHARACTERS[field];
  if (characters !== undefined) {
    const length = value.length <= characters ? value.length : [...value].length;
    if (length > characters) {
      throw new AppError('VALIDATION', `${field} must be ${characters} characters or less (got ${length})`);
    }
    return;
  }
  // A character takes 3 bytes at most for each UTF-16 unit: most texts need not be counted.
  if (value.length * 3 <= MAX_TEXT_BYTES) return;
  const bytes = Buffer.byteLength(value);
  if (bytes > MAX_TEXT_BYTES) {
    throw new AppError('VALIDATION', `${field} is ${bytes} bytes long; at most ${MAX_TEXT_BYTES} fit`, {
      hint: 'keep the text in a file and name it in the issue',
    });
  }
}
