import { join } from 'node:path';
import { type BareServer, startBareServer } from './bare-server.ts';
import { makeWorkspace, type Workspace } from './workspace.ts';

/** An empty HOME with a plain server in it, which has no databases yet. */
export interface ServerWorkspace {
  readonly workspace: Workspace;
  readonly server: BareServer;
  dispose(): Promise<void>;
}

/**
 * What the tests of one file share.
 *
 * @example
 * beforeAll(async () => {
 *   const made = await makeServerWorkspace();
 *   ({ workspace, server } = made);
 *   return made.dispose;
 * });
 */
export async function makeServerWorkspace(): Promise<ServerWorkspace> {
  const workspace = makeWorkspace({ BEADS_ACTOR: 'tester' });
  const server = await startBareServer({ dataDir: join(workspace.home, 'data') }).catch(async (error: unknown) => {
    await workspace.dispose();
    throw error;
  });
  const dispose = async () => {
    await server.stop();
    await workspace.dispose();
  };
  return { workspace, server, dispose };
}
