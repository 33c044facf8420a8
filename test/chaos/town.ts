import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testPort } from '../helpers/ports.ts';
import { makeWorkspace, type RunResult, type Workspace } from '../helpers/workspace.ts';

export interface ChaosRig {
  readonly name: string;
  readonly port: number;
  /** A project whose issues are on this rig. */
  readonly project: string;
}

/** A town of five rigs with a project on each, running. */
export interface ChaosTown {
  readonly workspace: Workspace;
  readonly rigs: readonly ChaosRig[];
  supervisorPid(): number | undefined;
  serverPid(rig: string): number | undefined;
  /** `gt dolt start` until it works. */
  heal(): Promise<void>;
}

const YAML = `health: { interval: 1s, timeout: 2s }
restart: { first_delay: 100ms, max_delay: 1s, max_failures: 1000, window: 10m }
logs: { max_size: 256KB, keep: 2 }
`;

export async function makeChaosTown(): Promise<ChaosTown> {
  const workspace = makeWorkspace({ BD_NON_INTERACTIVE: '1' });
  const names = ['beads', 'alpha', 'bravo', 'charlie', 'delta'];
  const rigs: ChaosRig[] = [];
  for (const name of names) rigs.push({ name, port: await testPort(), project: join(workspace.home, `on-${name}`) });
  mkdirSync(workspace.dataDir, { mode: 0o700 });
  const entries = rigs.map(({ name, port }) => `  ${name}: { port: ${port} }\n`).join('');
  writeFileSync(join(workspace.dataDir, 'gt.yaml'), `rigs:\n${entries}${YAML}`, { mode: 0o600 });
  await must(workspace.gt(['dolt', 'start']));
  for (const { name, project } of rigs) {
    mkdirSync(project);
    await must(workspace.bd(['init', '--rig', name, '--prefix', name], { cwd: project }));
  }
  const state = (file: string): Record<string, unknown> => {
    try {
      return JSON.parse(readFileSync(join(workspace.dataDir, '.gt', file), 'utf8'));
    } catch {
      return {};
    }
  };
  return {
    workspace,
    rigs,
    supervisorPid: () => numberOf(state('supervisor.json')['pid']),
    serverPid: (rig) => numberOf((state(`state/${rig}.json`)['server'] as { pid?: unknown } | null | undefined)?.pid),
    async heal() {
      const deadline = Date.now() + 120_000;
      for (;;) {
        const result = await workspace.gt(['dolt', 'start']);
        if (result.exitCode === 0) return;
        if (Date.now() > deadline) throw new Error(`the town does not come back: ${result.stderr}`);
      }
    },
  };
}

export async function must(running: Promise<RunResult>): Promise<RunResult> {
  const result = await running;
  if (result.exitCode !== 0) throw new Error(`${result.escapedCommand}: ${result.stderr}`);
  return result;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
