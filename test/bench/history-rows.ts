import type { Connection } from 'mysql2/promise';
import type { BareServer } from '../helpers/bare-server.ts';
import { generateIssues, insertRows } from '../helpers/generate-issues.ts';
import { connectTo, makeProject } from './bench-project.ts';
import type { BenchOptions } from './main.ts';
import { alternate, type Row, ratioRow } from './row.ts';

const COMMITS = 10_000;
const SHOWN = 'gen-0042';

/** A long history: reading its end costs what showing an issue does. */
export async function historyRows(options: BenchOptions, server: BareServer): Promise<Row[]> {
  const { runs, signal, say } = options;
  say(`making a history of ${COMMITS} Dolt commits`);
  const project = await makeProject(options, 'history', server);
  const connection = await connectTo(server, project.database);
  await insertRows(connection, generateIssues({ count: 200 }));
  await connection.query("CALL DOLT_COMMIT('-Am', 'bench')");
  await commitOftenTo(connection, COMMITS);
  await connection.end();
  const rows: Row[] = [];
  for (const args of [
    ['vc', 'log', '-n', '20'],
    ['vc', 'diff', 'HEAD~1', 'HEAD'],
  ]) {
    const name = `bd ${args.join(' ')}`;
    say(name);
    const measured = () => project.bd(...args);
    const reference = () => project.bd('show', SHOWN);
    await Promise.all([measured(), reference()]);
    const claim = { what: `\`${name}\` after ${COMMITS} Dolt commits`, against: '`bd show` of the same', limit: 2 };
    rows.push(ratioRow(claim, await alternate({ runs, signal }, measured, reference)));
  }
  return rows;
}

const CHANGING = 100;

/** The newest commits change an issue, as with auto-commit; those before them are only made faster. */
async function commitOftenTo(connection: Connection, count: number): Promise<void> {
  for (let number = 1; number <= count; number += 1) {
    if (number > count - CHANGING) {
      await connection.query('UPDATE issues SET notes = ? WHERE id = ?', [`change ${number}`, SHOWN]);
    }
    await connection.query("CALL DOLT_COMMIT('--allow-empty', '-am', ?)", [`bd: update ${SHOWN} (${number})`]);
  }
}
