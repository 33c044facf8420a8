import { AppError } from '../../errors.ts';
import { probeServer } from '../workspace/connect.ts';
import { type LocateLegacyOptions, locateLegacy } from './locate-legacy.ts';
import { type Migration, planTarget, requireSource } from './migrate.ts';
import { openLegacy } from './open-legacy.ts';
import { createReport } from './report.ts';
import { withScratch } from './staging.ts';
import { databaseExists } from './target-database.ts';

export interface MigrationPlan extends Migration {
  /** What stands in the way of the migration, if anything; the rows themselves never do. */
  readonly obstacle: string | undefined;
  /** Whether the migration would fail as things are: the target cannot be reached. */
  readonly blocked: boolean;
}

/**
 * Reads everything that a migration would, and counts, without writing anything into `.beads`, to a
 * server or to a database.
 *
 * @returns undefined when the workspace uses Dolt already
 * @throws as `migrateToDolt`, but nothing about the target: that is the plan's `obstacle`
 */
export async function planMigration(options: LocateLegacyOptions): Promise<MigrationPlan | undefined> {
  const location = await locateLegacy(options);
  if (location.isDolt) return undefined;
  const source = requireSource(location);
  return withScratch(async (directory) => {
    const legacy = await openLegacy(source, directory);
    try {
      const { target, prefix } = await planTarget(location, legacy.beads);
      const report = createReport();
      // Reading the rows is what finds the problems.
      for (const _row of legacy.beads.rowsForDolt(prefix, report));
      return {
        beadsDir: location.beadsDir,
        source,
        target,
        prefix,
        issues: legacy.beads.issues,
        tables: report.counts(),
        problems: report.problems,
        ...(await obstacleAt(target, options)),
      };
    } finally {
      legacy.close();
    }
  });
}

async function obstacleAt(
  target: Migration['target'],
  options: LocateLegacyOptions,
): Promise<Pick<MigrationPlan, 'obstacle' | 'blocked'>> {
  try {
    if (target.mode === 'server') await probeServer(target, options.rig);
    const { env } = options;
    const exists = await databaseExists({ target, env, purpose: 'bd migrate', findDolt: async () => 'dolt' });
    const obstacle = `the database "${target.database}" is there already: it is used only if it holds no issues`;
    return { obstacle: exists ? obstacle : undefined, blocked: false };
  } catch (error) {
    if (error instanceof AppError) return { obstacle: withHint(error), blocked: true };
    throw error;
  }
}

function withHint({ message, hint }: AppError): string {
  return hint === undefined ? message : `${message}\n  ${hint}`;
}
