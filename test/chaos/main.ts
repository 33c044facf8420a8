import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type * as Library from '../../src/index.ts';
import { filesBelow, watchLeaks } from '../helpers/leaks.ts';
import { makeJournal } from './journal.ts';
import { watchMemory } from './memory.ts';
import { strike } from './misfortunes.ts';
import { randomFrom } from './random.ts';
import { makeChaosTown, must } from './town.ts';
import { judge } from './verdict.ts';
import { commandHand, libraryHand, type WriterOptions, write } from './writers.ts';

const TARGETS = 8;
/** Of a process lock (docs/decisions/0002-process-lock.md): nobody is left who could hold one. */
const TICKET = /\/\d{12}\.[0-9a-f]{16}$/;
const WRITERS = ['cli', 'library', 'library'] as const;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { minutes: { type: 'string', default: '2' }, seed: { type: 'string' }, quiet: { type: 'boolean' } },
  });
  const minutes = Number(values.minutes);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
  const packageRoot = process.env['GT_PACKAGE'];
  if (!packageRoot || !(minutes > 0) || !Number.isInteger(seed))
    throw new Error('npm run chaos -- --minutes N --seed S');
  process.stdout.write(`chaos: ${minutes} min, seed ${seed} (the same seed repeats the schedule)\n`);

  const library = (await import(pathToFileURL(join(packageRoot, 'dist/src/index.js')).href)) as typeof Library;
  const random = randomFrom(seed);
  const journal = makeJournal();
  const town = await makeChaosTown();
  const leaks = watchLeaks(town.workspace.home, () => town.rigs.map(({ port }) => port));
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  try {
    const memory = watchMemory(town);
    const writers = await hire({ town, random, journal, signal: stop.signal }, library);
    const timer = setTimeout(() => stop.abort(), minutes * 60_000);
    const say = (text: string) => (values.quiet ? undefined : process.stdout.write(`  ${text}\n`));
    const striking = strike(town, random.fork('misfortunes'), stop.signal, say);
    await Promise.all([striking, ...writers.map((begin) => begin())]);
    clearTimeout(timer);
    await town.heal();
    const broken = [...(await judge(town, journal)), ...memory.end()];
    await must(town.workspace.gt(['dolt', 'stop']));
    await leaks.check().catch((error: unknown) => broken.push(error instanceof Error ? error.message : String(error)));
    for (const file of filesBelow(town.workspace.home)) if (TICKET.test(file)) broken.push(`a lock is held: ${file}`);
    report(journal, await striking, memory.largest(), broken);
    return broken.length === 0 ? 0 : 1;
  } finally {
    await town.workspace.dispose();
  }
}

type Common = Pick<WriterOptions, 'town' | 'random' | 'journal' | 'signal'>;

/** Three writers for each rig, and issues that all three want. */
async function hire(common: Common, library: typeof Library): Promise<(() => Promise<void>)[]> {
  const writers: (() => Promise<void>)[] = [];
  for (const rig of common.town.rigs) {
    const beads = await library.openBeads({ dir: rig.project, actor: 'setup' });
    const targets = await beads.createMany(
      Array.from({ length: TARGETS }, (_, index) => ({ title: `target ${index}` })),
    );
    await beads.end();
    for (const [index, kind] of WRITERS.entries()) {
      const name = `${kind}-${rig.name}-${index}`;
      const ids = targets.map(({ id }) => id);
      const options: WriterOptions = { ...common, rig, name, random: common.random.fork(name), targets: ids };
      const hand = kind === 'cli' ? commandHand(options) : libraryHand(options, library.openBeads);
      writers.push(() => write(options, hand));
    }
  }
  return writers;
}

function report(
  { counts, created, winners }: Common['journal'],
  misfortunes: ReadonlyMap<string, number>,
  memory: number,
  broken: readonly string[],
): void {
  const list = (counted: ReadonlyMap<string, number>) =>
    [...counted].map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
  const lines = [
    `misfortunes: ${list(misfortunes)}`,
    `writes: ${counts.acknowledged} acknowledged (${created.size} creates tried); errors: ${list(counts.failed)}`,
    `claims: ${winners.size} won; the largest supervisor took ${Math.round(memory / 2 ** 20)} MB`,
    ...(broken.length === 0
      ? ['no promise was broken']
      : [`${broken.length} promises broken:`, ...broken.slice(0, 50)]),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
