import type { BeadsContext } from '../beads/context.ts';
import type { Issue } from '../beads/issue.ts';
import { missingSections } from '../beads/required-sections.ts';

/** With `validation.on-create: warn` (or `on-close`): what issues lack, a line for each. */
export function sectionWarnings(
  ctx: BeadsContext,
  moment: 'on-create' | 'on-close',
  issues: readonly Issue[],
): string[] {
  if (ctx.setting(`validation.${moment}`) !== 'warn') return [];
  return issues.flatMap((issue) => {
    const missing = missingSections(issue);
    return missing.length === 0
      ? []
      : `warning: ${issue.id} lacks the sections of a ${issue.issue_type}: ${missing.join(', ')}`;
  });
}
