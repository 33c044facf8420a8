import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import type { BareServer } from '../helpers/bare-server.ts';
import { type GeneratedRows, generateIssues, insertRows } from '../helpers/generate-issues.ts';
import { type BenchProject, connectTo, countIssues, makeProject, startServer } from './bench-project.ts';
import { historyRows } from './history-rows.ts';
import type { BenchOptions } from './main.ts';
import { migrationRows } from './migration-rows.ts';
import { alternate, type Row, ratioRow } from './row.ts';
import { run } from './time-process.ts';
import { SELECTS, timeSelects } from './transfer-rows.ts';
import { processesRows } from './writer-rows.ts';

const SMALL = 1_000;
const LARGE = 100_000;
const SHOWN = 'gen-0042';

interface Sized {
  readonly project: BenchProject;
  readonly connection: Connection;
  readonly rows: GeneratedRows;
  /** Ids of issues that are open, each given out once. */
  nextOpen(): string;
}

/** What size costs: the same commands on 1,000 and on 100,000 issues of one server, a migration, a long history. */
export async function scaleRows(options: BenchOptions): Promise<Row[]> {
  const server = await startServer(join(options.scratch, 'server'));
  try {
    const make = async (name: string, count: number): Promise<Sized> => {
      options.say(`making a database of ${count} issues`);
      const rows = generateIssues({ count });
      const project = await makeProject(options, name, server);
      const connection = await connectTo(server, name);
      await insertRows(connection, rows);
      await connection.query("CALL DOLT_COMMIT('-Am', 'bench')");
      // The first commit after it would wait until the system has written all of it to the disk.
      await run('sync', []);
      const open = rows.issues.filter(({ status }) => status === 'open').map(({ id }) => id);
      return { project, connection, rows, nextOpen: () => open.pop() ?? SHOWN };
    };
    const [small, large] = [await make('small', SMALL), await make('large', LARGE)];
    const rows = [
      ...(await commandRows(options, small, large)),
      await exportRow(options, large),
      await importRow(options, large, server),
      ...(await migrationRows(options, server, LARGE)),
      ...(await historyRows(options, server)),
      ...(await manyWriters(options, small, 'off')),
      ...(await manyWriters(options, small, 'on')),
    ];
    await Promise.all([small.connection.end(), large.connection.end()]);
    return rows;
  } finally {
    await server.stop();
  }
}

function manyWriters(options: BenchOptions, { project, connection }: Sized, commits: 'off' | 'on'): Promise<Row[]> {
  const count = () => countIssues(connection);
  return processesRows(options, { project, count, processes: 64, each: 10, commits, limit: 0.6 });
}

const COMMANDS: readonly { name: string; limit: number; args: (sized: Sized) => string[] }[] = [
  { name: 'show', limit: 1.3, args: () => ['show', SHOWN] },
  { name: 'create', limit: 1.3, args: () => ['create', 'One more issue'] },
  { name: 'update', limit: 1.3, args: ({ nextOpen }) => ['update', nextOpen(), '--notes', 'seen'] },
  { name: 'close', limit: 1.3, args: ({ nextOpen }) => ['close', nextOpen(), '--force'] },
  { name: 'list', limit: 4, args: () => ['list'] },
  { name: 'ready', limit: 4, args: () => ['ready'] },
  { name: 'blocked', limit: 4, args: () => ['blocked'] },
  { name: 'stats', limit: 4, args: () => ['stats'] },
  { name: 'search', limit: 4, args: () => ['search', 'turn'] },
];

async function commandRows({ runs, signal, say }: BenchOptions, small: Sized, large: Sized): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, limit, args } of COMMANDS) {
    say(`bd ${name} on ${LARGE} issues`);
    const on = (sized: Sized) => () => sized.project.bd(...args(sized));
    await Promise.all([on(small)(), on(large)()]);
    const pairs = await alternate({ runs: 3 * runs, signal }, on(large), on(small));
    const claim = { what: `\`bd ${name}\` on ${LARGE} issues`, against: `the same on ${SMALL}`, limit };
    rows.push(ratioRow(claim, pairs));
  }
  return rows;
}

async function exportRow({ runs, signal, say, scratch }: BenchOptions, { project, connection }: Sized): Promise<Row> {
  say(`bd export of ${LARGE} issues`);
  const file = join(scratch, 'exported.jsonl');
  const pairs = await alternate(
    { runs, signal },
    () => project.bd('export', '-o', file),
    () => timeSelects(connection),
  );
  return ratioRow({ what: `\`bd export\` of ${LARGE}`, against: SELECTS, limit: 3 }, pairs);
}

async function importRow(options: BenchOptions, { project, rows }: Sized, server: BareServer): Promise<Row> {
  const { signal, say, scratch } = options;
  say(`bd import of ${LARGE} issues`);
  const file = join(scratch, 'large.jsonl');
  await project.bd('export', '-o', file);
  let databases = 0;
  const empty = () => {
    databases += 1;
    return makeProject(options, `import_large_${databases}`, server);
  };
  const pairs = await alternate(
    { runs: 1, signal },
    async () => (await empty()).bd('import', file),
    async () => {
      const target = await connectTo(server, (await empty()).database);
      const begun = performance.now();
      await insertRows(target, rows);
      const took = performance.now() - begun;
      await target.end();
      return took;
    },
  );
  const against = 'one mysql2 connection, statements of 500 rows';
  return ratioRow({ what: `\`bd import\` of ${LARGE}`, against, limit: 2 }, pairs);
}
