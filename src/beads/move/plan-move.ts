import { AppError } from '../../errors.ts';
import { type EmbeddedTarget, resolveTarget, type ServerTarget } from '../workspace/endpoint.ts';
import { flagSettings, type TargetFlags } from '../workspace/init-plan.ts';
import { type LocateOptions, locateBeads } from '../workspace/locate.ts';
import type { Setting, Settings } from '../workspace/settings.ts';
import { townRigFinder } from '../workspace/town-rig.ts';

export type Mode = 'embedded' | 'server';

export interface PlanMoveOptions extends LocateOptions, Omit<TargetFlags, 'server'> {
  /** Where the database goes. */
  to: Mode;
}

/** Both places of a workspace's database. Looking changes nothing. */
export interface MovePlan {
  readonly beadsDir: string;
  readonly settings: Settings;
  /** What the workspace uses now. */
  readonly now: Mode;
  readonly embedded: EmbeddedTarget;
  readonly server: ServerTarget;
  /** Whether `config.yaml` names the mode: then that is the file to switch, else `metadata.json`. */
  readonly inConfig: boolean;
}

/**
 * Finds where a database is and where it goes.
 *
 * @throws AppError NOT_INITIALIZED, VALIDATION when a variable or a file that we do not edit decides
 *   the mode or contradicts a flag, CONFIG_INVALID, RIG_NAME_INVALID
 */
export async function planMove(options: PlanMoveOptions): Promise<MovePlan> {
  const { beadsDir, settings, target } = await locateBeads(options);
  if (beadsDir === undefined) {
    throw new AppError('NOT_INITIALIZED', 'a database without a .beads directory cannot be moved');
  }
  const mode = settings.get('dolt.mode');
  if (mode && mode.source !== 'config.yaml' && mode.source !== 'metadata') throw decidedElsewhere(mode);
  const flags = flagSettings({ ...options, server: false });
  for (const [key, wanted] of flags) refuseContradiction(settings.get(key), wanted);
  const findRig = options.findRig ?? townRigFinder(options.env, options.dir);
  const at = async (place: Mode) => {
    const values = new Map([...flags, ['dolt.mode', place]]);
    // The name that a flag gives is the new one.
    if (place !== options.to) values.delete('dolt.database');
    return resolveTarget({ settings: settings.with(values), beadsDir, findRig });
  };
  const [embedded, server] = [await at('embedded'), await at('server')];
  if (embedded.mode !== 'embedded' || server.mode !== 'server') {
    throw new AppError('VALIDATION', 'dolt.shared-server keeps this workspace on a server', {
      hint: 'bd config unset dolt.shared-server',
    });
  }
  return { beadsDir, settings, now: target.mode, embedded, server, inConfig: mode?.source === 'config.yaml' };
}

function decidedElsewhere({ value, source, from }: Setting): AppError {
  return new AppError('VALIDATION', `dolt.mode is "${value}" by ${from}, which a move does not change`, {
    hint: source === 'env' ? `unset ${from}, then run the command again` : `remove dolt.mode from ${from}`,
  });
}

/** What a file says goes before `metadata.json`: the switch would lead elsewhere. */
function refuseContradiction(now: Setting | undefined, wanted: string): void {
  if (!now || now.key === 'dolt.mode' || now.source === 'metadata' || now.value === wanted) return;
  throw new AppError('VALIDATION', `${now.key} is "${now.value}" (${now.from}), not "${wanted}"; nothing was changed`, {
    hint: `bd config set ${now.key} ${wanted}`,
  });
}
