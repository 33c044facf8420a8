import { doltEnvironment } from '../../dolt/environment.ts';
import { databasesIn } from '../../dolt/rig-database.ts';
import { counted, fine, listed } from '../../util/diagnosis.ts';
import type { TownCheck } from './subject.ts';

/** Dolt's own check of every chunk, for rigs that no server holds: a running one keeps its files to itself. */
const storage: TownCheck = {
  name: 'Storage',
  category: 'Deep',
  async examine({ paths, status, env, findDolt }) {
    const { execa } = await import('execa');
    const { path } = await findDolt();
    const held = new Set(status.rigs.filter(({ pid }) => pid !== null).map(({ rig }) => rig));
    const names = await databasesIn(paths);
    const damaged: string[] = [];
    for (const name of names.filter((each) => !held.has(each))) {
      const checked = await execa(path, ['fsck', '--quiet'], {
        cwd: paths.rig(name),
        env: doltEnvironment(paths, env),
        extendEnv: false,
        reject: false,
        stdin: 'ignore',
      });
      if (checked.exitCode === 0 && checked.stdout.includes('No problems found')) continue;
      damaged.push(`${name}: ${(checked.stderr || checked.stdout).trim().split('\n').slice(-3).join(' ')}`);
    }
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

/** `--deep`. */
export const DEEP_CHECKS: readonly TownCheck[] = [storage];
