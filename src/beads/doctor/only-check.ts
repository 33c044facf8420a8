import { AppError } from '../../errors.ts';
import type { DoctorReport } from './doctor.ts';

/**
 * One check of a report, by its name; case, spaces and dashes do not matter. Several have it where
 * something was looked at more than once.
 *
 * @throws AppError VALIDATION when the report has no such check, naming those that it has
 * @example onlyCheck(report, 'project-identity').checks // what "Project Identity" found
 */
export function onlyCheck(report: DoctorReport, name: string): DoctorReport {
  const { server_checks = [], ...rest } = report;
  const all = [...report.checks, ...server_checks];
  const checks = all.filter((check) => plain(check.name) === plain(name));
  if (checks.length === 0) {
    const names = [...new Set(all.map((check) => check.name))];
    // What keeps the others from being made.
    const error = report.checks.find(({ status }) => status === 'error');
    throw new AppError('VALIDATION', `no check "${name}" was made${error ? `: ${error.message}` : ''}`, {
      hint: `these were: ${names.join(', ')}; others come with --deep and --server, and where the database opens`,
    });
  }
  return { ...rest, checks, overall_ok: checks.every(({ status }) => status !== 'error') };
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]+/g, '-');
}
