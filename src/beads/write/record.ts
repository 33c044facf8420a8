import { randomUUID } from 'node:crypto';
import type { Database, DoltCommit, Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import type { Recent } from '../recent.ts';
import { isLocalTable, tablesOf } from '../tables.ts';
import { commitMessage, type Deed } from './commit-message.ts';
import type { IssueEvent } from './events.ts';
import { startHooks } from './hooks.ts';
import { insertRows } from './insert-rows.ts';
import { type FieldChange, writeSideFiles } from './side-files.ts';

/** A write that is under way: its transaction, and where an operation says what it did. */
export interface Writing {
  /** The statements of the transaction. */
  readonly tx: Queryable;
  /** The context for operations that take part in this write. */
  readonly ctx: BeadsContext;
  /** The time of the write in UTC, `YYYY-MM-DD HH:MM:SS`. */
  readonly now: string;
  /** How often the write was tried, from 1; more than once only where a new id was taken. */
  readonly attempt: number;
  /** Says that new ids were chosen, so the write is done again when a key is taken. */
  choosesIds(): void;
  /** Says which tables were changed: a Dolt commit takes these and no others. */
  changed(...tables: readonly string[]): void;
  /** Records an event; the rows are inserted together at the end. */
  event(event: IssueEvent): void;
  /** Forgets recorded events of issues that are deleted. */
  dropEvents(ids: readonly string[]): void;
  /** Recorded events of an issue that moves go with it. */
  moveEvents(id: string, wisp: boolean): void;
  /** Says what was done to what, for the message of the Dolt commit. */
  did(verb: string, ...objects: readonly string[]): void;
  /** The issue that `update` and `close` without an id mean from now on. */
  touch(id: string): void;
  /** A change of a field, for the audit file. */
  fieldChange(change: FieldChange): void;
  /** Says how to find out, after a lost connection, whether a write without events is there. */
  provedBy(proof: Proof): void;
}

export type Proof = (db: Queryable) => Promise<boolean>;

/** One attempt of a write, as the function that runs the transaction sees it. */
export interface WriteRecord {
  readonly writing: Writing;
  readonly choseIds: boolean;
  insertEvents(): Promise<void>;
  isDone: Proof;
  doltCommit(options: { label?: string; message?: string }): DoltCommit | undefined;
  /** What follows once it is committed: files of this directory, hooks. */
  afterwards(): Promise<void>;
}

export function createRecord(ctx: BeadsContext, tx: Queryable, attempt: number): WriteRecord {
  const at = ctx.now();
  const now = at.toISOString().slice(0, 19).replace('T', ' ');
  const tables = new Set<string>();
  const deeds: Deed[] = [];
  const changes: FieldChange[] = [];
  let events: (IssueEvent & { readonly id: string })[] = [];
  let touched: string | undefined;
  let proof: Proof | undefined;
  let choseIds = false;
  const recent: Recent = new Map();

  const writing: Writing = {
    tx,
    now,
    attempt,
    choosesIds() {
      choseIds = true;
    },
    get ctx() {
      return joinedContext(ctx, tx, writing, recent);
    },
    changed(...names) {
      for (const name of names) tables.add(name);
    },
    event(event) {
      events.push({ ...event, id: randomUUID() });
    },
    dropEvents(ids) {
      events = events.filter((event) => !ids.includes(event.issueId));
    },
    moveEvents(id, wisp) {
      events = events.map((event) => (event.issueId === id ? { ...event, wisp } : event));
    },
    did(verb, ...objects) {
      deeds.push({ verb, objects });
    },
    touch(id) {
      touched = id;
    },
    fieldChange(change) {
      changes.push(change);
    },
    provedBy(given) {
      proof = given;
    },
  };

  return {
    writing,
    get choseIds() {
      return choseIds;
    },
    async insertEvents() {
      for (const wisp of [false, true]) {
        const rows = events
          .filter((event) => event.wisp === wisp)
          .map((event) => [
            event.id,
            event.issueId,
            event.type,
            ctx.actor,
            event.oldValue ?? null,
            event.newValue ?? null,
            event.comment ?? null,
            now,
          ]);
        if (rows.length === 0) continue;
        const table = tablesOf(wisp).events;
        await insertRows(tx, table, EVENT_COLUMNS, rows);
        tables.add(table);
      }
    },
    async isDone(db) {
      const last = events.at(-1);
      if (last) {
        return (
          (await db.query(`SELECT 1 AS one FROM ${tablesOf(last.wisp).events} WHERE id = ?`, [last.id])).length > 0
        );
      }
      if (proof) return proof(db);
      if (tables.size === 0) return true;
      throw new AppError('WRITE_UNCERTAIN', 'the connection broke during COMMIT, and this write cannot be looked up');
    },
    doltCommit({ label, message }) {
      const versioned = [...tables].filter((table) => !isLocalTable(table)).sort();
      if (!ctx.autoCommit || versioned.length === 0) return undefined;
      return {
        message: message || commitMessage(deeds, ctx.actor, label),
        author: ctx.commitAuthor,
        tables: versioned,
      };
    },
    async afterwards() {
      if (ctx.beadsDir === undefined) return;
      if (touched !== undefined || changes.length > 0) {
        writeSideFiles(ctx.beadsDir, { touched, changes, actor: ctx.actor, at });
      }
      await startHooks(ctx, ctx.beadsDir, events);
    },
  };
}

const EVENT_COLUMNS = [
  'id',
  'issue_id',
  'event_type',
  'actor',
  'old_value',
  'new_value',
  'comment',
  'created_at',
] as const;

/** The same context, with the open transaction in the place of the database. */
function joinedContext(ctx: BeadsContext, tx: Queryable, writing: Writing, recent: Recent): BeadsContext {
  const { db } = ctx;
  const joined: Database = {
    mode: db.mode,
    name: db.name,
    capabilities: db.capabilities,
    query: (sql, parameters) => tx.query(sql, parameters),
    execute: (sql, parameters) => tx.execute(sql, parameters),
    transaction: (work) => work(tx),
    close: () => Promise.resolve(),
  };
  return { ...ctx, db: joined, recent, writing };
}
