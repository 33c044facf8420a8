import type { Issue } from './issue.ts';

const ACCEPTANCE = 'Acceptance Criteria';

/** The sections that help others to work on an issue, by its type: a bug says how to see it, work says when it is done. */
export const REQUIRED_SECTIONS: Readonly<Record<string, readonly string[]>> = {
  bug: ['Steps to Reproduce', ACCEPTANCE],
  task: [ACCEPTANCE],
  feature: [ACCEPTANCE],
  epic: ['Success Criteria'],
};

/**
 * The sections that an issue of this type should have and has not, as headings. Acceptance criteria
 * in their own field count.
 */
export function missingSections(issue: Pick<Issue, 'issue_type' | 'description' | 'acceptance_criteria'>): string[] {
  const text = (issue.description ?? '').toLowerCase();
  return (REQUIRED_SECTIONS[issue.issue_type] ?? [])
    .filter((section) => !(section === ACCEPTANCE && issue.acceptance_criteria))
    .filter((section) => !text.includes(section.toLowerCase()))
    .map((section) => `## ${section}`);
}
