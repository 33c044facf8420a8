import type { Queryable, Row } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { goJsonLine } from '../../util/json-line.ts';
import type { BeadsContext } from '../context.ts';
import type { Comment, Dependency, Issue } from '../issue.ts';
import { decodeIssue, issueColumns } from '../issue-row.ts';
import { type Layer, readLayers } from '../query/layers.ts';
import { countComments, countDependents, readComments, readDependencies, readLabels } from '../query/related.ts';
import { idTable, raw, run, sql } from '../query/sql.ts';
import { tablesOf } from '../tables.ts';

export interface ExportOptions {
  /** Also wisps: agents, rigs, roles, messages, and what else is local to this clone. */
  includeInfra?: boolean;
  /** Also what `bd remember` keeps. */
  includeMemories?: boolean;
  /** Leave out issues that look like leftovers of tests. */
  scrub?: boolean;
}

/** One piece of an export. */
export interface ExportChunk {
  /** Lines of JSON, each with its newline. */
  readonly text: string;
  readonly issues: number;
  readonly memories: number;
}

/** Issues that are read and written together at most: of 500, Dolt looks up each in twice the time. */
const PAGE = 1_000;
/** Characters that a page is to have, as far as the page before it tells. */
const PAGE_CHARACTERS = 2_000_000;
/** Ids that are looked for at once: each time Dolt reads and sorts all that are left. */
const IDS = 10_000;
const TEST_TITLE = /^(?:test|tmp|temp|debug|dummy|benchmark)(?:[\s:_-]|$)/i;

/**
 * Exports issues, closed ones too, as JSONL in the form of the Go `bd`: by priority, newest, id. All
 * of it is one snapshot. Memory holds the texts of one page, however many issues there are.
 *
 * @param write is given one piece after the other; it may be slow
 * @throws AppError SERVER_UNREACHABLE when the connection was lost after something was written
 * @example await exportIssues(ctx, {}, async ({ text }) => { await file.write(text); });
 */
export async function exportIssues(
  ctx: BeadsContext,
  options: ExportOptions,
  write: (chunk: ExportChunk) => Promise<void>,
): Promise<{ issues: number; memories: number }> {
  const done = { issues: 0, memories: 0 };
  const put = async (chunk: ExportChunk) => {
    done.issues += chunk.issues;
    done.memories += chunk.memories;
    await write(chunk);
  };
  return ctx.db.transaction(
    async (tx) => {
      if (done.issues > 0) {
        throw new AppError('SERVER_UNREACHABLE', 'the connection was lost during the export', {
          hint: 'run the command again',
        });
      }
      const all = await readLayers(tx);
      let size = PAGE / 20;
      let read: PageRows | undefined;
      const putRead = async () => {
        const chunk = read && renderPage(read, options);
        if (chunk && chunk.issues > 0) await put(chunk);
      };
      for await (const ids of idsInOrder(tx, options.includeInfra ? all : [tablesOf(false)])) {
        const links = await readLinked(tx, all, ids);
        for (let at = 0; at < ids.length; ) {
          const next = readPage(tx, all, ids.slice(at, at + size), links);
          // Its error is told when its turn comes, if no other comes before.
          next.catch(() => undefined);
          // While one page is read, the one before it is written.
          await putRead();
          read = await next;
          at += read.ids.length;
          size = Math.min(PAGE, Math.ceil((PAGE_CHARACTERS / (charactersOf(read) + 1)) * read.ids.length));
        }
      }
      await putRead();
      if (options.includeMemories) await put(await exportMemories(tx));
      return done;
    },
    { kind: 'read' },
  );
}

/** Where an issue stands in the order of the export. */
interface Place {
  readonly id: string;
  readonly priority: number;
  readonly created: string;
}

/** The ids of all issues in the order of the export, some thousands at a time. */
async function* idsInOrder(db: Queryable, layers: readonly Layer[]): AsyncGenerator<string[]> {
  let last: Place | undefined;
  do {
    const places: Place[] = [];
    for (const layer of layers) places.push(...(await placesAfter(db, layer, last)));
    places.sort((a, b) => a.priority - b.priority || compare(b.created, a.created) || compare(a.id, b.id));
    places.length = Math.min(places.length, IDS);
    yield places.map(({ id }) => id);
    last = places.length < IDS ? undefined : places.at(-1);
  } while (last);
}

async function placesAfter(db: Queryable, layer: Layer, last: Place | undefined): Promise<Place[]> {
  const isLater = last
    ? sql`(priority > ${last.priority} OR (priority = ${last.priority} AND (created_at < ${last.created}
        OR (created_at = ${last.created} AND id > ${last.id}))))`
    : raw('TRUE');
  const rows = await run(
    db,
    sql`SELECT id, priority, created_at FROM ${raw(layer.issues)} WHERE ${isLater}
      ORDER BY priority, created_at DESC, id LIMIT ${raw(String(IDS))}`,
  );
  return rows.map((row) => ({
    id: String(row['id']),
    priority: Number(row['priority']),
    created: String(row['created_at']),
  }));
}

/** What hangs on some thousand issues and is short, so that it can be read for all of them at once. */
interface Linked {
  readonly labels: ReadonlyMap<string, string[]>;
  readonly dependencies: ReadonlyMap<string, Dependency[]>;
  readonly dependents: ReadonlyMap<string, number>;
  readonly commentCounts: ReadonlyMap<string, number>;
}

async function readLinked(db: Queryable, layers: readonly Layer[], ids: readonly string[]): Promise<Linked> {
  return {
    labels: await readLabels(db, layers, ids),
    dependencies: await readDependencies(db, layers, ids),
    dependents: await countDependents(db, layers, ids),
    commentCounts: await countComments(db, layers, ids),
  };
}

/** Some issues with all their texts. */
interface PageRows extends Linked {
  readonly ids: readonly string[];
  readonly rows: readonly Row[];
  readonly comments: ReadonlyMap<string, Comment[]>;
}

async function readPage(
  db: Queryable,
  layers: readonly Layer[],
  ids: readonly string[],
  linked: Linked,
): Promise<PageRows> {
  const commented = ids.filter((id) => linked.commentCounts.has(id));
  const comments = await readComments(db, layers, commented);
  const rows: Row[] = [];
  for (const layer of layers) {
    const found = await run(
      db,
      sql`SELECT ${raw(issueColumns('i'))} FROM ${idTable(ids)} wanted JOIN ${raw(layer.issues)} i ON i.id = wanted.id`,
    );
    for (const row of found) rows.push(row);
  }
  return { ...linked, ids, rows, comments };
}

function charactersOf({ rows, comments }: PageRows): number {
  const ofRow = (row: object) =>
    Object.values(row).reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 0), 0);
  return [...rows, ...[...comments.values()].flat()].reduce((sum, row) => sum + ofRow(row), 0);
}

function renderPage(page: PageRows, options: ExportOptions): ExportChunk {
  const issues = new Map<string, Issue>();
  for (const row of page.rows) {
    const id = String(row['id']);
    const linked = {
      labels: page.labels.get(id) ?? [],
      dependencies: page.dependencies.get(id) ?? [],
      comments: page.comments.get(id) ?? [],
    };
    issues.set(id, decodeIssue(row, linked));
  }
  const lines: string[] = [];
  for (const id of page.ids) {
    const issue = issues.get(id);
    if (!issue || (options.scrub && TEST_TITLE.test(issue.title))) continue;
    const line = {
      _type: 'issue',
      ...issue,
      dependency_count: (issue.dependencies ?? []).filter(({ type }) => type === 'blocks').length,
      dependent_count: page.dependents.get(id) ?? 0,
      comment_count: issue.comments?.length ?? 0,
    };
    lines.push(`${goJsonLine(line)}\n`);
  }
  return { text: lines.join(''), issues: lines.length, memories: 0 };
}

const MEMORY = 'kv.memory.';

async function exportMemories(db: Queryable): Promise<ExportChunk> {
  const rows = await db.query("SELECT `key`, value FROM config WHERE `key` LIKE 'kv.memory.%' ORDER BY `key`");
  const lines = rows.map((row) => {
    const key = String(row['key']).slice(MEMORY.length);
    return `${goJsonLine({ _type: 'memory', key, value: String(row['value'] ?? '') })}\n`;
  });
  return { text: lines.join(''), issues: 0, memories: lines.length };
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
