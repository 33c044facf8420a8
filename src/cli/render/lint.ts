import type { LintReport } from '../../beads/query/lint.ts';
import { oneLine } from './marks.ts';

export function renderLint(report: Omit<LintReport, 'checked'>, checked: number): string {
  if (report.total === 0) return `✓ No template warnings found (${checked} issues checked)`;
  const lines = report.results.flatMap((result) => [
    `${result.id} [${result.type}]: ${oneLine(result.title)}`,
    ...result.missing.map((heading) => `  ⚠ Missing: ${heading}`),
    '',
  ]);
  return [`Template warnings (${report.issues} issues, ${report.total} warnings):`, '', ...lines].join('\n').trimEnd();
}
