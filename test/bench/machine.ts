import { readFileSync } from 'node:fs';
import { cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { plainEnvironment, run } from './time-process.ts';

/** Where and with what the figures were taken. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly os: string;
  /** Load average of the minute before: other work on the machine widens the spread. */
  readonly load: number;
  readonly node: string;
  /** Variables that Node read at each start. */
  readonly nodeVariables: readonly string[];
  readonly dolt: string;
  /** Name and version of the package. */
  readonly package: string;
}

export async function describeMachine(packageRoot: string, doltBin: string): Promise<Machine> {
  const { name, version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() || 'unknown',
    cores: cores.length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    os: `${platform()} ${release()}`,
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    node: process.version,
    nodeVariables: Object.keys(plainEnvironment()).filter((name) => name !== 'PATH'),
    dolt: /\d+\.\d+\.\d+/.exec(await run(doltBin, ['version']))?.[0] ?? 'unknown',
    package: `${name} ${version}`,
  };
}
