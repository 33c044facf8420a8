import { type CheckResult, checkResult, type Examined, type MendResult, mendAll } from '../../util/diagnosis.ts';
import { type Diagnosis, type DiagnosisOptions, diagnose, type Totals } from './diagnose.ts';
import type { Mend } from './subject.ts';

export interface DoctorOptions extends DiagnosisOptions {
  /** Mend what is safe, after a backup. */
  fix: boolean;
  /** Only tell what `fix` would mend. */
  dryRun?: boolean | undefined;
  /** Who acts, for the messages of Dolt commits. */
  actor?: string | undefined;
  /** Is told of each step that may take long. */
  onStep?: ((text: string) => void) | undefined;
}

/** What a doctor found, and what `fix` did. */
export interface DoctorReport {
  /** The `.beads` directory, or where it was looked for. */
  path: string;
  /** No check ended with an error. */
  overall_ok: boolean;
  /** As things are now: after the mends. */
  checks: CheckResult[];
  mended: MendResult[];
  /** Names of the checks whose findings `fix` would mend; with `dryRun` only. */
  would_mend?: string[];
  /** Rows in the tables; with `deep` only. */
  totals?: Totals;
  /** What `server` found, with the names of the Go `bd`; not in `checks`. */
  server_checks?: readonly CheckResult[];
  /** Directory of the backup that was made before rows were changed; null where none was. */
  backup: string | null;
}

/**
 * Examines a workspace: files, settings, database, issues, remotes, and with `deep` every row and
 * chunk. Without `fix` nothing is changed, and no database is made.
 *
 * @throws AppError READ_ONLY, LOCK_TIMEOUT, SERVER_UNREACHABLE, IO_ERROR of a mend's preparations
 * @example const { overall_ok, checks } = await examineWorkspace({ dir, env, deep: true, ... });
 */
export async function examineWorkspace(options: DoctorOptions): Promise<DoctorReport> {
  const before = await diagnose(options);
  const ailing = before.examined.filter(({ mend }) => mend !== undefined);
  if (options.dryRun) return { ...report(before, [], null), would_mend: ailing.map(({ name }) => name) };
  if (!options.fix || ailing.length === 0) return report(before, [], null);
  const files = ailing.filter(({ mend }) => mend?.changes === 'files');
  const mended = await mendAll(files, (mend) => (mend.changes === 'files' ? mend.run() : unexpected()));
  const rows = ailing.filter(({ mend }) => mend?.changes === 'database');
  const { backup, results } = rows.length > 0 ? await mendRows(rows, options) : { backup: null, results: [] };
  options.onStep?.('looking again');
  return report(await diagnose(options), [...mended, ...results], backup);
}

async function mendRows(rows: readonly Examined<Mend>[], options: DoctorOptions) {
  const { openDirectory } = await import('../workspace/open.ts');
  const beads = await openDirectory({ ...options, write: true, purpose: 'bd doctor --fix' });
  try {
    const { backUpBefore } = await import('./backup-before.ts');
    const backup = await backUpBefore(beads, options.onStep);
    const results = await mendAll(rows, (mend) => (mend.changes === 'database' ? mend.run(beads) : unexpected()));
    return { backup, results };
  } finally {
    await beads.close();
  }
}

function report(
  { path, examined, totals, serverChecks }: Diagnosis,
  mended: MendResult[],
  backup: string | null,
): DoctorReport {
  const checks = examined.map(checkResult);
  return {
    ...{ path, overall_ok: checks.every(({ status }) => status !== 'error'), checks, mended, backup },
    ...(totals ? { totals } : {}),
    ...(serverChecks ? { server_checks: serverChecks } : {}),
  };
}

function unexpected(): never {
  throw new Error('a mend of another kind');
}
