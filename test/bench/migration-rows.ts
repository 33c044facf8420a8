import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BareServer } from '../helpers/bare-server.ts';
import { benchEnvironment } from './bench-project.ts';
import { legacyIssuesIn } from './legacy-rows.ts';
import type { BenchOptions } from './main.ts';
import { figureRow, type Row } from './row.ts';
import { peakMegabytesOfTree } from './time-process.ts';

const LIMIT_MS = 60_000;
const LIMIT_MB = 400;

/** From SQLite to Dolt, in both modes; of memory all processes together, but for a server that runs anyway. */
export async function migrationRows(options: BenchOptions, server: BareServer, count: number): Promise<Row[]> {
  const env = benchEnvironment(options);
  const rows: Row[] = [];
  for (const [mode, args] of [
    ['embedded', []],
    ['server', ['--server', '--server-port', String(server.port)]],
  ] as const) {
    options.signal.throwIfAborted();
    options.say(`bd migrate of ${count} issues, ${mode}`);
    const dir = join(options.scratch, `migrate_${mode}`);
    mkdirSync(dir);
    execFileSync('git', ['init', '--quiet', dir], { env });
    legacyIssuesIn(dir, count);
    const program = join(options.packageRoot, 'dist/bin/bd.cjs');
    const begun = performance.now();
    const peak = await peakMegabytesOfTree(process.execPath, [program, 'migrate', '--to-dolt', ...args], {
      env,
      cwd: dir,
    });
    const what = `\`bd migrate --to-dolt\` of ${count}, ${mode}`;
    rows.push(figureRow({ what, unit: 'ms', limit: LIMIT_MS }, [performance.now() - begun]));
    rows.push(figureRow({ what: `the same: memory at most, with its \`dolt\``, unit: 'MB', limit: LIMIT_MB }, [peak]));
  }
  return rows;
}
