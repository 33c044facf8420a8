import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { Journal } from './journal.ts';
import type { ChaosTown } from './town.ts';

/** What a rig holds at the end, asked by a plain client. */
interface Held {
  /** How many issues have a title. */
  readonly titles: Map<string, number>;
  readonly comments: Map<string, number>;
  readonly issues: Map<string, { notes: string; status: string; assignee: string }>;
}

/**
 * Holds the databases against the journal.
 *
 * @returns a line for each promise that was broken
 */
export async function judge(town: Pick<ChaosTown, 'rigs'>, journal: Journal): Promise<string[]> {
  const broken: string[] = [];
  const held = new Map<string, Held>();
  for (const { name, port } of town.rigs) held.set(name, await readRig(name, port));
  const of = (rig: string) => {
    const found = held.get(rig);
    if (!found) throw new Error(`no rig ${rig}`);
    return found;
  };
  const once = (what: string, count: number, acknowledged: boolean) => {
    if (acknowledged && count === 0) broken.push(`lost: ${what}`);
    if (count > 1) broken.push(`${count} times: ${what}`);
  };
  for (const [title, { rig, acknowledged }] of journal.created) {
    once(`issue "${title}" of ${rig}`, of(rig).titles.get(title) ?? 0, acknowledged);
  }
  for (const [text, { rig, acknowledged }] of journal.commented) {
    once(`comment "${text}" of ${rig}`, of(rig).comments.get(text) ?? 0, acknowledged);
  }
  for (const [id, { rig, actors }] of journal.winners) {
    const assignee = of(rig).issues.get(id)?.assignee;
    if (actors.length > 1) broken.push(`claimed by ${actors.join(' and ')}: ${id}`);
    if (actors.length === 1 && actors[0] !== assignee)
      broken.push(`claimed by ${actors[0]}, and is of ${assignee}: ${id}`);
  }
  for (const [id, { rig, texts }] of journal.notes) {
    const last = texts.findLastIndex(({ acknowledged }) => acknowledged);
    // One that was not acknowledged may be there all the same, but only if it came later.
    const possible = texts.slice(Math.max(last, 0)).map(({ text }) => text);
    const found = of(rig).issues.get(id)?.notes ?? '';
    if (!possible.includes(found) && !(last < 0 && found === ''))
      broken.push(`notes of ${id}: "${found}", not "${possible[0]}"`);
  }
  for (const [id, { rig }] of journal.closed) {
    const status = of(rig).issues.get(id)?.status;
    if (status !== 'closed') broken.push(`closed, and is ${status}: ${id}`);
  }
  return broken;
}

async function readRig(database: string, port: number): Promise<Held> {
  const connection = await createConnection({ host: '127.0.0.1', port, user: 'root', database });
  try {
    const [issues] = await connection.query<RowDataPacket[]>('SELECT id, title, notes, status, assignee FROM issues');
    const [comments] = await connection.query<RowDataPacket[]>('SELECT text FROM comments');
    return {
      titles: counted(issues.map(({ title }) => String(title))),
      comments: counted(comments.map(({ text }) => String(text))),
      issues: new Map(
        issues.map(({ id, notes, status, assignee }) => [
          String(id),
          { notes: String(notes ?? ''), status: String(status), assignee: String(assignee ?? '') },
        ]),
      ),
    };
  } finally {
    await connection.end();
  }
}

function counted(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}
