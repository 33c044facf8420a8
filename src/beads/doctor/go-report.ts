import { AppError } from '../../errors.ts';
import type { CheckResult, Examined } from '../../util/diagnosis.ts';
import { endpointText, type ServerTarget } from '../workspace/endpoint.ts';
import type { Settings } from '../workspace/settings.ts';

/**
 * What the Go `bd` 1.0.3 prints of the same findings, so that scripts which look for its names find
 * them. Of its checks, "Molecule Integrity" has no equal here.
 */

/** The keys of its `doctor --deep --json`; a check that was not made is left out. */
export interface DeepReport {
  parent_consistency?: CheckResult;
  dependency_integrity?: CheckResult;
  epic_completeness?: CheckResult;
  mail_thread_integrity?: CheckResult;
  all_checks: CheckResult[];
  total_issues?: number;
  total_dependencies?: number;
}

const DEEP_NAMES = [
  ['parent_consistency', 'Parent Consistency', 'Parents'],
  ['dependency_integrity', 'Dependency Integrity', 'Dependencies'],
  ['epic_completeness', 'Epic Completeness', 'Epics'],
  ['mail_thread_integrity', 'Mail Thread Integrity', 'Threads'],
] as const;

/** @example deepReport(report.checks, report.totals).parent_consistency?.status // 'ok' */
export function deepReport(
  checks: readonly CheckResult[],
  totals: { issues: number; dependencies: number } | undefined,
): DeepReport {
  const report: DeepReport = { all_checks: [] };
  for (const [key, name, ours] of DEEP_NAMES) {
    const found = checks.find((check) => check.name === ours);
    if (!found) continue;
    report[key] = { ...found, name };
    report.all_checks.push(report[key]);
  }
  if (!totals) return report;
  return { ...report, total_issues: totals.issues, total_dependencies: totals.dependencies };
}

/**
 * The checks of its `doctor --server`.
 *
 * @param outcome what was found in the database, or why it did not open
 */
export function serverReport(
  { endpoint, database }: ServerTarget,
  settings: Settings,
  outcome: readonly Examined<unknown>[] | AppError,
): CheckResult[] {
  const check = (name: string, status: CheckResult['status'], message: string): CheckResult => {
    return { name, category: 'Server', status, message };
  };
  const at = endpointText(endpoint);
  if (outcome instanceof AppError) {
    const { code, message } = outcome;
    if (code === 'SERVER_UNREACHABLE') return [check('Server Reachable', 'error', message)];
    const exists = code === 'DATABASE_UNKNOWN' ? [check('Database Exists', 'error', message)] : [];
    return [check('Server Reachable', 'ok', `a server answers at ${at}`), ...exists];
  }
  const same = (name: string, ours: string) => {
    const found = outcome.find((each) => each.name === ours);
    return found ? [check(name, found.status, found.message)] : [];
  };
  const most = settings.value('dolt.max-conns') ?? settings.defaultOf('dolt.max-conns')?.value;
  return [
    check('Server Reachable', 'ok', `a server answers at ${at}`),
    check('Database Exists', 'ok', `it has the database "${database}"`),
    ...same('Schema Compatible', 'Schema'),
    check('Connection Pool', 'ok', `${most} connections at most`),
    ...same('Stale Databases', 'Server Databases'),
  ];
}
