import type { Queryable } from '../../database/types.ts';
import type { Issue } from '../issue.ts';
import { encodeIssue, INSERT_COLUMNS } from '../issue-insert.ts';
import { decodeIssue, issueColumns } from '../issue-row.ts';
import { readLayers } from '../query/layers.ts';
import { idTable, raw, run, sql } from '../query/sql.ts';
import { byTables, tablesOf } from '../tables.ts';
import { insertRows } from '../write/insert-rows.ts';
import type { Writing } from '../write/record.ts';
import type { IssueEntry, MemoryEntry } from './decode-line.ts';
import { insertParts, mergeParts } from './import-parts.ts';
import { usedColumns } from './issue-columns.ts';
import { merged } from './merge-issue.ts';
import { timedUuid } from './timed-uuid.ts';

export interface BatchResult {
  created: number;
  updated: number;
  unchanged: number;
  dedupSkipped: number;
}

/** Writes what was read from a file. */
export interface BatchWriter {
  /**
   * Writes issues and what hangs on them; no id twice.
   *
   * @param titles of issues that are not closed: new issues of such a title are passed over, and
   *   the titles of the others are added
   */
  issues(entries: readonly IssueEntry[], titles: Set<string> | undefined): Promise<BatchResult>;
  memory(entry: MemoryEntry): Promise<void>;
  /** Writes what is known at the end only: the numbers of the last children. */
  finish(): Promise<void>;
}

/** An issue of the file, in the layer that it goes to. */
export interface PlacedEntry extends IssueEntry {
  readonly wisp: boolean;
  /** As it is in the database. */
  readonly known?: Issue;
}

/** @param w the write that is under way; without it nothing is written and all is counted */
export function createBatchWriter(tx: Queryable, w?: Writing): BatchWriter {
  const lastChildren = new Map<string, number>();
  let proof: { table: string; id: string } | undefined;
  w?.provedBy(async (db) => {
    if (!proof) return false;
    return (await db.query(`SELECT 1 AS one FROM ${proof.table} WHERE id = ?`, [proof.id])).length > 0;
  });

  return {
    async issues(entries, titles) {
      const placed = await place(tx, entries);
      const fresh = placed.filter((entry) => !entry.known);
      const wanted = titles ? fresh.filter((entry) => isNewTitle(entry.issue, titles)) : fresh;
      const changed = placed.filter((entry) => entry.known && !isSame(entry.issue, entry.known));
      if (w) {
        await insertIssues(w, wanted);
        await replaceIssues(w, changed);
        await insertParts(w, wanted);
        await mergeParts(
          w,
          placed.filter((entry) => entry.known),
        );
        proof = (await insertEvents(w, wanted)) ?? proof;
        for (const { issue } of wanted) countChild(issue.id, lastChildren);
      }
      return {
        created: wanted.length,
        updated: changed.length,
        unchanged: placed.length - fresh.length - changed.length,
        dedupSkipped: fresh.length - wanted.length,
      };
    },
    async memory(entry) {
      if (!w) return;
      const end = 'ON DUPLICATE KEY UPDATE value = VALUES(value)';
      await insertRows(w.tx, 'config', ['`key`', 'value'], [[`kv.memory.${entry.key}`, entry.value]], 'INSERT', end);
      w.changed('config');
    },
    async finish() {
      if (!w || lastChildren.size === 0) return;
      const end = 'ON DUPLICATE KEY UPDATE last_child = GREATEST(last_child, VALUES(last_child))';
      await insertRows(w.tx, 'child_counters', ['parent_id', 'last_child'], [...lastChildren], 'INSERT', end);
      w.changed('child_counters');
    },
  };
}

/** Where each issue is, or else belongs: an issue that is there stays in its layer. */
async function place(tx: Queryable, entries: readonly IssueEntry[]): Promise<PlacedEntry[]> {
  const ids = entries.map(({ issue }) => issue.id);
  const known = new Map<string, { issue: Issue; wisp: boolean }>();
  for (const layer of await readLayers(tx)) {
    const rows = await run(
      tx,
      sql`SELECT ${raw(issueColumns('i'))} FROM ${idTable(ids)} wanted JOIN ${raw(layer.issues)} i ON i.id = wanted.id`,
    );
    const wisp = layer.issues === tablesOf(true).issues;
    for (const row of rows) known.set(String(row['id']), { issue: decodeIssue(row), wisp });
  }
  return entries.map((entry) => {
    const found = known.get(entry.issue.id);
    if (!found) return { ...entry, wisp: entry.issue.ephemeral === true || entry.issue.no_history === true };
    const issue = inLayer(merged(entry, found.issue), found.wisp);
    return { ...entry, issue, wisp: found.wisp, known: found.issue };
  });
}

/** A row that is ephemeral or without history never lies among the issues of Dolt's history. */
function inLayer(issue: Issue, wisp: boolean): Issue {
  const { ephemeral: _ephemeral, no_history: _noHistory, ...rest } = issue;
  if (!wisp) return rest;
  return issue.ephemeral || issue.no_history ? issue : { ...issue, ephemeral: true };
}

function isNewTitle(issue: Issue, titles: Set<string>): boolean {
  if (titles.has(issue.title)) return false;
  if (issue.status !== 'closed') titles.add(issue.title);
  return true;
}

async function insertIssues(w: Writing, entries: readonly PlacedEntry[]): Promise<void> {
  for (const [tables, members] of byTables(entries)) {
    const used = usedColumns(members.map(({ issue }) => encodeIssue(issue)));
    await insertRows(w.tx, tables.issues, used.columns, used.rows);
    w.changed(tables.issues);
  }
}

// What no export holds keeps its value.
const REPLACED = INSERT_COLUMNS.filter((column) => column !== 'id' && column !== 'source_repo');

async function replaceIssues(w: Writing, entries: readonly PlacedEntry[]): Promise<void> {
  const end = `ON DUPLICATE KEY UPDATE ${REPLACED.map((column) => `${column} = VALUES(${column})`).join(', ')}`;
  for (const [tables, members] of byTables(entries)) {
    const rows = members.map(({ issue }) => encodeIssue(issue));
    await insertRows(w.tx, tables.issues, INSERT_COLUMNS, rows, 'INSERT', end);
    w.changed(tables.issues);
  }
}

const EVENT_COLUMNS = ['id', 'issue_id', 'event_type', 'actor', 'old_value', 'new_value', 'created_at'];

/** @returns where the last of the events is, as the proof that the import took place */
async function insertEvents(
  w: Writing,
  entries: readonly PlacedEntry[],
): Promise<{ table: string; id: string } | undefined> {
  let last: { table: string; id: string } | undefined;
  for (const [tables, members] of byTables(entries)) {
    const rows = members.map(({ issue }) => [timedUuid(w.ctx.now()), issue.id, 'created', w.ctx.actor, '', '', w.now]);
    await insertRows(w.tx, tables.events, EVENT_COLUMNS, rows);
    w.changed(tables.events);
    last = { table: tables.events, id: rows.at(-1)?.[0] ?? '' };
  }
  return last;
}

/** Whether the fields of an issue are those that the database has. */
function isSame(issue: Issue, known: Issue): boolean {
  return JSON.stringify(comparable(issue)) === JSON.stringify(comparable(known));
}

function comparable(issue: Issue): unknown[] {
  const row = encodeIssue({ ...issue, metadata: undefined });
  // The hash is taken of the metadata as it was supplied; the database sorts its keys.
  return [...row.filter((_value, index) => INSERT_COLUMNS[index] !== 'content_hash'), sorted(issue.metadata ?? {})];
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([key, member]) => [key, sorted(member)]));
}

/** `hm-e1.12` is the twelfth child of `hm-e1`: the next one is to be the thirteenth. */
function countChild(id: string, lastChildren: Map<string, number>): void {
  const match = /^(.+)\.(\d{1,9})$/.exec(id);
  if (!match?.[1]) return;
  lastChildren.set(match[1], Math.max(lastChildren.get(match[1]) ?? 0, Number(match[2])));
}
