import { addPeer, beginProject, type FederationTown, joinProject, makeFederationTown } from './federation-town.ts';
import { makeWorkspace, type Workspace } from './workspace.ts';

/** Two towns with the same project, in one HOME; each is a peer of the other. */
export interface TwoTowns {
  readonly workspace: Workspace;
  readonly alpha: FederationTown;
  readonly beta: FederationTown;
  dispose(): Promise<void>;
}

export interface TwoTownsSpec {
  /** What alpha does before beta has anything. */
  first?: (alpha: FederationTown, beta: FederationTown) => Promise<void>;
  /** Beta has no peer, and so nothing that is not committed. */
  oneWay?: boolean;
}

export async function makeTwoTowns({ first, oneWay = false }: TwoTownsSpec = {}): Promise<TwoTowns> {
  const workspace = makeWorkspace();
  const alpha = await makeFederationTown(workspace, 'alpha');
  const beta = await makeFederationTown(workspace, 'beta');
  await beginProject(alpha);
  await first?.(alpha, beta);
  await joinProject(alpha, beta);
  if (!oneWay) await addPeer(beta, alpha);
  return {
    ...{ workspace, alpha, beta },
    async dispose() {
      await alpha.dispose();
      await beta.dispose();
      await workspace.dispose();
    },
  };
}
