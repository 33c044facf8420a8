import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { makeProject } from './bench-project.ts';
import { makeBenchTown } from './bench-town.ts';
import { openLibrary } from './library.ts';
import type { BenchOptions } from './main.ts';
import { figureRow, type Row } from './row.ts';

const WRITES = 50_000;
const CALLERS = 64;
const MEGABYTE = 1024 ** 2;

/** What many writes leave on the disk, and what `gt dolt gc` gives back while the server runs. */
export async function diskRows(options: BenchOptions): Promise<Row[]> {
  const { say } = options;
  const town = await makeBenchTown(options, 1);
  try {
    await town.gt('dolt', 'start');
    const port = town.rigs[0]?.port ?? 0;
    const { database } = await makeProject(options, 'beads', { port });
    const directory = join(town.home, '.dolt-data', database);
    const created = megabytesOf(directory);
    say(`${WRITES} writes by ${CALLERS} callers`);
    await writeOften(options, { port, database });
    const written = megabytesOf(directory);
    say('gt dolt gc');
    const took = await town.gt('dolt', 'gc', 'beads');
    const collected = megabytesOf(directory);
    await town.gt('dolt', 'gc', 'beads', '--full');
    const whole = megabytesOf(directory);
    const row = (what: string, unit: 'MB' | 'ms', value: number) => figureRow({ what, unit, limit: null }, [value]);
    return [
      row('database before the first write', 'MB', created),
      row(`the same after ${WRITES} writes`, 'MB', written),
      row('the same after `gt dolt gc`, while the server runs', 'MB', collected),
      row('what that took', 'ms', took),
      row('the same after `gt dolt gc --full`', 'MB', whole),
    ];
  } finally {
    await town.dispose();
  }
}

/** A create, then nine updates of it, and so on. */
async function writeOften(options: BenchOptions, { port, database }: { port: number; database: string }) {
  const beads = await openLibrary(options, { port, database });
  try {
    const caller = async (writes: number) => {
      let id = '';
      for (let index = 0; index < writes; index += 1) {
        options.signal.throwIfAborted();
        if (index % 10 === 0)
          ({ id } = await beads.create({ title: `Issue ${index}`, description: 'As it was found.' }));
        else await beads.update([id], { notes: `What write ${index} had to say.` });
      }
    };
    const each = Math.ceil(WRITES / CALLERS);
    await Promise.all(Array.from({ length: CALLERS }, () => caller(each)));
  } finally {
    await beads.end();
  }
}

function megabytesOf(directory: string): number {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return (
    names.reduce((sum, name) => sum + (statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0), 0) /
    MEGABYTE
  );
}
