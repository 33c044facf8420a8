import type { CheckResult, CheckStatus, MendResult } from '../../util/diagnosis.ts';
import type { Paint } from '../style.ts';

/** What both doctors print. */
export interface DoctorText {
  readonly checks: readonly CheckResult[];
  readonly mended: readonly MendResult[];
  readonly would_mend?: readonly string[] | undefined;
}

const MARKS: Record<CheckStatus, readonly ['green' | 'yellow' | 'red', string]> = {
  ok: ['green', '✓'],
  warning: ['yellow', '⚠'],
  error: ['red', '✖'],
};

/**
 * The text of a doctor's report: a line of counts, what was mended, and then each check under its
 * category; those that are fine in one line.
 *
 * @param head what goes before the counts: `bd doctor v0.1.0`
 */
export function renderDoctor({ checks, mended, would_mend }: DoctorText, head: string, paint: Paint): string {
  const count = (status: CheckStatus) => checks.filter((check) => check.status === status).length;
  const counts = `✓ ${count('ok')} passed  ⚠ ${count('warning')} warnings  ✖ ${count('error')} errors`;
  const lines = [`${head}  ───  ${counts}`, ''];
  if (mended.length > 0) lines.push('Mended', ...mended.map((mend) => mendLine(mend, paint)), '');
  if (would_mend) lines.push(`--fix would mend: ${would_mend.join(', ') || 'nothing'}`, '');
  for (const category of new Set(checks.map((check) => check.category))) {
    lines.push(paint('bold', category));
    for (const check of checks) if (check.category === category) lines.push(...checkLines(check, paint));
    lines.push('');
  }
  return lines.join('\n').trimEnd();
}

function checkLines({ name, status, message, detail, fix }: CheckResult, paint: Paint): string[] {
  const [color, mark] = MARKS[status];
  return [
    `  ${paint(color, mark)} ${name}: ${message}`,
    ...(detail && status !== 'ok' ? detail.split('\n').map((line) => `      ${line}`) : []),
    ...(fix && status !== 'ok' ? [`    ${paint('dim', '└─ fix:')} ${fix}`] : []),
  ];
}

function mendLine({ name, done, message }: MendResult, paint: Paint): string {
  return `  ${done ? paint('green', '✓') : paint('red', '✖')} ${name}: ${message}`;
}
