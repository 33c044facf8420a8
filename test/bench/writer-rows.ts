import type { Connection } from 'mysql2/promise';
import type { OpenBeads } from '../../src/beads/methods.ts';
import type { BenchBeads } from './beads-rows.ts';
import { type BenchProject, connectTo, countIssues, withServerOn } from './bench-project.ts';
import { openLibrary } from './library.ts';
import type { BenchOptions } from './main.ts';
import { alternate, type Pair, type Row, ratioRow, spread } from './row.ts';

/** Writers beside each other, against the same work done in turn. Every row is counted. */
export async function writerRows(options: BenchOptions, beads: BenchBeads): Promise<Row[]> {
  const { connection, onServer, embedded } = beads;
  const countOnServer = () => countIssues(connection);
  const countEmbedded = async () => {
    let count = 0;
    await withServerOn(embedded, async (local) => {
      count = await countIssues(local);
    });
    return count;
  };
  return [
    ...(await processesRows(options, {
      project: onServer,
      count: countOnServer,
      processes: 16,
      each: 10,
      commits: 'off',
      limit: 0.6,
    })),
    ...(await processesRows(options, {
      project: onServer,
      count: countOnServer,
      processes: 16,
      each: 10,
      commits: 'on',
      limit: 0.6,
    })),
    ...(await processesRows(options, {
      project: embedded,
      count: countEmbedded,
      processes: 8,
      each: 5,
      commits: 'on',
      limit: 1.2,
    })),
    ...(await libraryRows(options, beads)),
  ];
}

export interface Writers {
  project: BenchProject;
  /** Counts the issues, past `bd`. */
  count: () => Promise<number>;
  processes: number;
  each: number;
  commits: 'on' | 'off';
  limit: number;
}

/** @returns the time of all of them, and what the one had to wait that waited longest */
export async function processesRows(options: BenchOptions, writers: Writers): Promise<Row[]> {
  const { project, processes, each, commits } = writers;
  const total = processes * each;
  const mode = project.database === 'local' ? 'embedded' : `server, Dolt commits ${commits}`;
  options.say(`${processes} writers, ${mode}`);
  let took: number[] = [];
  const waits: Pair[] = [];
  const create = async (title: string) => {
    took.push(await project.bd('create', title, '--dolt-auto-commit', commits));
  };
  const inTurn = async (count: number) => {
    for (let index = 0; index < count; index += 1) await create(`One of ${count}`);
  };
  const timed = (work: () => Promise<unknown>) => async () => {
    const before = await writers.count();
    const begun = performance.now();
    await work();
    const all = performance.now() - begun;
    const added = (await writers.count()) - before;
    if (added !== total) throw new Error(`${total} creates made ${added} rows (${mode})`);
    return all;
  };
  const pairs = await alternate(
    { runs: Math.ceil(options.runs / 3), signal: options.signal },
    timed(async () => {
      took = [];
      await Promise.all(Array.from({ length: processes }, () => inTurn(each)));
      const { median, max } = spread(took);
      waits.push({ measured: max, reference: median });
    }),
    timed(() => inTurn(total)),
  );
  const what = `${processes} processes x ${each} \`bd create\`, ${mode}`;
  return [
    ratioRow({ what, against: `${total} of them one after the other`, limit: writers.limit }, pairs),
    ratioRow({ what: 'the same: the longest of them', against: 'their median', limit: 5 }, waits),
  ];
}

const CALLERS = 64;
const CREATES = 640;

async function libraryRows(options: BenchOptions, { server, onServer }: BenchBeads): Promise<Row[]> {
  const { port } = server;
  const open = (autoCommit: 'on' | 'off') => openLibrary(options, { port, database: onServer.database, autoCommit });
  const [plain, committing] = [await open('off'), await open('on')];
  const connection = await connectTo(server, onServer.database);
  const { signal } = options;
  const runs = Math.ceil(options.runs / 3);
  try {
    options.say(`the library, ${CALLERS} callers`);
    const together = await alternate(
      { runs, signal },
      () => timeOf(() => createAll(plain, CALLERS)),
      () => timeOf(() => insertAll(connection)),
    );
    options.say(`the library, ${CALLERS} callers, Dolt commits on`);
    const grouped = await alternate(
      { runs, signal },
      () => timeOf(() => createAll(committing, CALLERS)),
      () => timeOf(() => createAll(committing, 1)),
    );
    const what = `library: ${CALLERS} callers in one process, ${CREATES} creates, server`;
    return [
      ratioRow({ what, against: 'one mysql2 connection, the same inserts in turn', limit: 1 / 0.9 }, together),
      ratioRow(
        { what: `${what}, Dolt commits on`, against: 'one caller, a Dolt commit for each', limit: 1 / 5 },
        grouped,
      ),
    ];
  } finally {
    await connection.end();
    await Promise.all([plain.end(), committing.end()]);
  }
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

async function createAll(beads: OpenBeads, callers: number): Promise<void> {
  const caller = async () => {
    for (let index = 0; index < CREATES / callers; index += 1) await beads.create({ title: 'One of many' });
  };
  await Promise.all(Array.from({ length: callers }, caller));
}

/** What a create writes: the issue and its event, in one transaction. */
async function insertAll(connection: Connection): Promise<void> {
  for (let index = 0; index < CREATES; index += 1) {
    const id = `raw-${Math.random().toString(36).slice(2, 14)}`;
    await connection.query('START TRANSACTION');
    await connection.query(
      `INSERT INTO issues (id, title, description, design, acceptance_criteria, notes, status, priority, issue_type, created_at, created_by, updated_at)
       VALUES (?, 'One of many', '', '', '', '', 'open', 2, 'task', UTC_TIMESTAMP(), 'bench', UTC_TIMESTAMP())`,
      [id],
    );
    await connection.query(
      `INSERT INTO events (id, issue_id, event_type, actor, old_value, new_value, created_at)
       VALUES (UUID(), ?, 'created', 'bench', '', '', UTC_TIMESTAMP())`,
      [id],
    );
    await connection.query('COMMIT');
  }
}
