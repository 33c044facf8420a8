import { type InitResult, initBeads as initWorkspace } from './beads/workspace/init.ts';
import type { InitOptions } from './beads/workspace/init-plan.ts';

/** All that `bd init` can be told. */
export interface InitBeadsOptions extends Omit<InitOptions, 'dir' | 'env' | 'findDolt' | 'findRig'> {
  /** Directory to make `.beads` in; default the working directory. */
  dir?: string | undefined;
}

/**
 * Makes a workspace, as `bd init` does. Safe to repeat and to run twice at once.
 *
 * @throws AppError ALREADY_EXISTS, IDENTITY_MISMATCH, SERVER_UNREACHABLE, VALIDATION, IO_ERROR, DOLT_NOT_FOUND
 * @example
 * await initBeads({ dir: '/home/ann/project', prefix: 'hm' });
 * const beads = await openBeads({ dir: '/home/ann/project' });
 */
export function initBeads(options: InitBeadsOptions = {}): Promise<InitResult> {
  return initWorkspace({
    ...options,
    dir: options.dir ?? process.cwd(),
    env: process.env,
    findDolt: async () => (await import('./find-dolt.ts')).findDoltPath(process.env),
  });
}
