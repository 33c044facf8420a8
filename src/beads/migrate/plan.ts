import { AppError } from '../../errors.ts';
import { type LegacyLocation, type LocateLegacyOptions, locateLegacy } from './locate-legacy.ts';
import { type Migration, planTarget, reachablePlan, requireSource, type TargetPlan } from './migrate.ts';
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
      const planned = await planTarget(location, legacy.beads);
      const report = createReport();
      // Reading the rows is what finds the problems.
      for (const _row of legacy.beads.rowsForDolt(planned.prefix, report));
      return {
        beadsDir: location.beadsDir,
        source,
        prefix: planned.prefix,
        issues: legacy.beads.issues,
        tables: report.counts(),
        problems: report.problems,
        ...(await obstacleAt(options, location, planned)),
      };
    } finally {
      legacy.close();
    }
  });
}

async function obstacleAt(
  options: LocateLegacyOptions,
  location: LegacyLocation,
  planned: TargetPlan,
): Promise<Pick<MigrationPlan, 'target' | 'obstacle' | 'blocked'>> {
  try {
    const { target } = await reachablePlan(options, location, planned);
    const { env } = options;
    const exists = await databaseExists({ target, env, purpose: 'bd migrate', findDolt: async () => 'dolt' });
    const obstacle = `the database "${target.database}" is there already: it is used only if it holds no issues`;
    return { target, obstacle: exists ? obstacle : undefined, blocked: false };
  } catch (error) {
    if (error instanceof AppError) return { target: planned.target, obstacle: withHint(error), blocked: true };
    throw error;
  }
}

function withHint({ message, hint }: AppError): string {
  return hint === undefined ? message : `${message}\n  ${hint}`;
}
