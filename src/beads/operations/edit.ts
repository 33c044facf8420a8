import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import type { Issue } from '../issue.ts';
import { findIssue } from '../lookup.ts';
import { together } from '../write/write.ts';
import { updateIssues } from './update.ts';

export const EDITABLE_FIELDS = ['title', 'description', 'design', 'notes', 'acceptance_criteria'] as const;
export type EditableField = (typeof EDITABLE_FIELDS)[number];

export interface EditResult {
  readonly issue: Issue;
  /** False when the text came back as it was. */
  readonly changed: boolean;
}

/**
 * Gives a text of an issue to an editor and writes what comes back. Nobody waits meanwhile.
 *
 * @param edit shows the text to somebody and returns what they made of it
 * @throws AppError NOT_FOUND, VALIDATION, CONFLICT when somebody else changed the text meanwhile
 * @example await editIssue(ctx, 'hm-a1', 'notes', async (text) => `${text}\nmore`);
 */
export async function editIssue(
  ctx: BeadsContext,
  input: string,
  field: EditableField,
  edit: (text: string) => Promise<string>,
): Promise<EditResult> {
  const { id, issue } = await findIssue(ctx.db, input);
  const before = issue[field] ?? '';
  const after = await edit(before);
  if (after === before) return { issue, changed: false };
  return together(ctx, 'edit', async (inner) => {
    const now = await findIssue(inner.db, id);
    if ((now.issue[field] ?? '') !== before) {
      throw new AppError(
        'CONFLICT',
        `the ${field} of ${id} was changed by somebody else meanwhile; nothing was written`,
      );
    }
    const { updated } = await updateIssues(inner, [id], { [field]: after });
    return { issue: updated[0] ?? now.issue, changed: true };
  });
}
