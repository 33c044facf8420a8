import { join } from 'node:path';
import type { BenchBeads } from './beads-rows.ts';
import { embeddedDataDir } from './bench-project.ts';
import type { BenchOptions } from './main.ts';
import { alternate, type Row, ratioRow } from './row.ts';
import { run, timeNode, timeProcess, withNode } from './time-process.ts';

const SHOWN = 'gen-01s3';

// The first one while the server still tidies up what it was filled with.
const ON_SERVER = [
  { what: 'bd --help', limit: 1.5, args: ['--help'] },
  { what: 'bd show', limit: 1.6, args: ['show', SHOWN] },
  { what: 'bd list', limit: 1.8, args: ['list'] },
  { what: 'bd create', limit: 1.9, args: ['create', 'One more issue'] },
  { what: 'bd ready', limit: 2.2, args: ['ready'] },
  { what: 'bd blocked', limit: null, args: ['blocked'] },
  { what: 'bd stats', limit: null, args: ['stats'] },
] as const;

const EMBEDDED = ON_SERVER.slice(1, 4);

/** What single commands cost beside an empty program, on each version of Node. */
export async function commandRows(options: BenchOptions, beads: BenchBeads): Promise<Row[]> {
  const rows = [...(await onServerRows(options, beads)), ...(await embeddedRows(options, beads))];
  if (process.env['NODE_EXTRA_CA_CERTS']) rows.push(...(await onServerRows(options, beads, unset())));
  for (const node of options.nodes) rows.push(...(await onServerRows(options, beads, await otherNode(node))));
  return rows;
}

/** Where they are measured besides; nothing is promised of it. */
interface Variant {
  readonly label: string;
  readonly node: string;
  /** Of both sides. */
  readonly changes: NodeJS.ProcessEnv;
}

/** Without the variable that makes Node 20 itself slow to start, and whose file ours do not read. */
function unset(): Variant {
  const changes = { NODE_EXTRA_CA_CERTS: undefined };
  return { label: ', NODE_EXTRA_CA_CERTS unset', node: process.execPath, changes };
}

async function otherNode(node: string): Promise<Variant> {
  return { label: `, Node ${(await run(node, ['--version'])).trim().slice(1)}`, node, changes: {} };
}

async function onServerRows(options: BenchOptions, { onServer }: BenchBeads, variant?: Variant) {
  const { label = '', node = process.execPath, changes = {} } = variant ?? {};
  const env = withNode(node, { ...onServer.env, ...changes });
  const rows: Row[] = [];
  for (const { what, limit, args } of ON_SERVER) {
    options.say(`${what}${label}`);
    const measured = () => onServer.bdIn(env, ...args);
    await measured();
    const claim = { what: `\`${what}\`, server${label}`, against: '`node -e 0`', limit: variant ? null : limit };
    rows.push(ratioRow(claim, await alternate(often(options), measured, () => timeNode(node, changes))));
  }
  return rows;
}

/** Against what is asked for, and against the sum of the two programs that start one after the other. */
async function embeddedRows(options: BenchOptions, { embedded }: BenchBeads): Promise<Row[]> {
  const local = join(embeddedDataDir(embedded), embedded.database);
  const rows: Row[] = [];
  for (const { what, args } of EMBEDDED) {
    options.say(`${what}, embedded`);
    await embedded.bd(...args);
    const sums: number[] = [];
    const longer = async () => {
      const sql = await timeProcess(options.doltBin, ['sql', '-q', 'select 1'], { cwd: local, env: embedded.env });
      const node = await timeNode();
      sums.push(sql + node);
      return Math.max(sql, 1.6 * node);
    };
    const pairs = await alternate(often(options), () => embedded.bd(...args), longer);
    const claim = { what: `\`${what}\`, embedded`, limit: 1.25 };
    const against = "the longer of `dolt sql -q 'select 1'` there and 1.6 x `node -e 0`";
    rows.push(ratioRow({ ...claim, against }, pairs));
    const both = pairs.map(({ measured }, index) => ({ measured, reference: sums[index] ?? Number.NaN }));
    rows.push(ratioRow({ ...claim, against: "`dolt sql -q 'select 1'` there + `node -e 0`", limit: null }, both));
  }
  return rows;
}

/** Short commands are measured more often: they vary more. */
function often({ runs, signal }: BenchOptions) {
  return { runs: runs * 3, signal };
}
