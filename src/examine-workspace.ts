import { type DoctorReport, examineWorkspace as examine } from './beads/doctor/doctor.ts';
import { doltRefusal, findDoltPath } from './find-dolt.ts';

export interface ExamineOptions {
  /** Directory to look for `.beads` from, upward; default the working directory. */
  dir?: string | undefined;
  /** In place of what is found: a `.beads` directory, the directory of a database, or a database's name. */
  db?: string | undefined;
  /** Every row against its constraints, every chunk of the files. */
  deep?: boolean;
  /** The checks of a server also where the workspace is embedded. */
  server?: boolean;
  /** Mend what is safe, after a backup. */
  fix?: boolean;
  /** Only tell what `fix` would mend. */
  dryRun?: boolean;
  /** Who acts, for the messages of Dolt commits. */
  actor?: string | undefined;
  onStep?: ((text: string) => void) | undefined;
}

/**
 * Examines a workspace, as `bd doctor` does. Nothing is changed unless `fix` asks for it, and no
 * database is ever made.
 *
 * @throws AppError LOCK_TIMEOUT, SERVER_UNREACHABLE, IO_ERROR when the mends cannot be prepared; what
 *   is wrong with the workspace is in the report
 * @example
 * const { overall_ok, checks } = await examineWorkspace({ dir: '/home/ann/project', deep: true });
 */
export function examineWorkspace(options: ExamineOptions = {}): Promise<DoctorReport> {
  const { dir = process.cwd(), deep = false, server = false, fix = false, ...rest } = options;
  const findDolt = () => findDoltPath(process.env);
  return examine({ ...rest, dir, deep, server, fix, env: process.env, findDolt, refusalOf: doltRefusal });
}
