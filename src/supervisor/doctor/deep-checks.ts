import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { doltEnvironment } from '../../dolt/environment.ts';
import { databasesIn } from '../../dolt/rig-database.ts';
import { counted, fine, listed } from '../../util/diagnosis.ts';
import type { Town, TownCheck } from './subject.ts';

/** Dolt's own check of every chunk, for rigs that no server holds: a running one keeps its files to itself. */
const storage: TownCheck = {
  name: 'Storage',
  category: 'Deep',
  async examine(town) {
    const held = new Set(town.status.rigs.filter(({ pid }) => pid !== null).map(({ rig }) => rig));
    const names = await databasesIn(town.paths);
    const damaged = await checkFiles(
      town,
      names.filter((name) => !held.has(name)),
    );
    if (damaged.length > 0) {
      return {
        status: 'error',
        message: `Dolt finds damage in ${counted(damaged.length, 'database')}`,
        detail: listed(damaged),
        fix: 'keep a copy of the directory, then restore a backup of the rig',
      };
    }
    const checked = names.length - held.size;
    return fine(
      held.size === 0
        ? `Dolt finds every chunk of ${counted(checked, 'database')} whole`
        : `${counted(checked, 'database')} checked; ${[...held].join(', ')}: stop the rig to have its files checked`,
    );
  },
};

/** @returns a line for each database that Dolt finds damage in */
async function checkFiles({ paths, env, findDolt }: Town, names: readonly string[]): Promise<string[]> {
  const { execa } = await import('execa');
  const { path } = await findDolt();
  // Not the town's own: a town that was never started gets no directory by being looked at.
  const doltRoot = await mkdtemp(join(tmpdir(), 'gt-doctor-'));
  try {
    const damaged: string[] = [];
    for (const name of names) {
      const checked = await execa(path, ['fsck', '--quiet'], {
        cwd: paths.rig(name),
        env: { ...doltEnvironment(paths, env), DOLT_ROOT_PATH: doltRoot },
        extendEnv: false,
        reject: false,
        stdin: 'ignore',
      });
      if (checked.exitCode === 0 && checked.stdout.includes('No problems found')) continue;
      damaged.push(`${name}: ${(checked.stderr || checked.stdout).trim().split('\n').slice(-3).join(' ')}`);
    }
    return damaged;
  } finally {
    await rm(doltRoot, { recursive: true, force: true });
  }
}

/** `--deep`. */
export const DEEP_CHECKS: readonly TownCheck[] = [storage];
