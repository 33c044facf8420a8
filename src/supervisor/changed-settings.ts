import { readTownConfig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import type { RigResult } from './town-options.ts';

/**
 * Tells of rigs that go on with an address that gt.yaml does not say any more, a line for each.
 *
 * @throws AppError CONFIG_INVALID, IO_ERROR
 */
export async function changedSettings(paths: TownPaths, results: readonly RigResult[]): Promise<string[]> {
  const running = results.filter(({ already, error, status }) => already && !error && status.managed);
  if (running.length === 0) return [];
  const { rigs } = await readTownConfig(paths.config);
  return running.flatMap(({ status }) => {
    const wanted = rigs.find(({ name }) => name === status.rig);
    if (!wanted) return [];
    const now = address(status.host, status.port, status.remotesapi_port);
    const then = address(wanted.host, wanted.port, wanted.remotesapiPort);
    if (now === then) return [];
    return `rig "${status.rig}" runs with ${now}, and gt.yaml says ${then}; gt dolt restart ${status.rig} takes the new settings`;
  });
}

function address(host: string, port: number | null | undefined, remotesapi: number | null | undefined): string {
  return `${host}:${port}${remotesapi ? ` and remotesapi port ${remotesapi}` : ''}`;
}
