import type { Queryable, Row } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import { compareAsBytes } from '../../util/compare-as-bytes.ts';
import { goJsonLine } from '../../util/json-line.ts';
import { createSpool, type Spool, type SpoolPlace } from '../../util/spool.ts';
import type { BeadsContext } from '../context.ts';
import type { Issue } from '../issue.ts';
import { decodeIssue } from '../issue-row.ts';
import { readLayers } from '../query/layers.ts';
import { countAllDependents } from '../query/related.ts';
import { type ExportPage, pagesById } from './export-pages.ts';

export interface ExportOptions {
  /** Also wisps: agents, rigs, roles, messages, and what else is local to this clone. */
  includeInfra?: boolean;
  /** Also what `bd remember` keeps. */
  includeMemories?: boolean;
  /** Leave out issues that look like leftovers of tests. */
  scrub?: boolean;
  /** Is told how many issues are read so far: the first is written when all are. */
  onRead?: (issues: number) => void;
  signal?: AbortSignal;
}

/** One piece of an export. */
export interface ExportChunk {
  /** Lines of JSON, each with its newline. */
  readonly text: string;
  readonly issues: number;
  readonly memories: number;
}

/** Lines, and bytes of them, that are written together. */
const CHUNK = { lines: 1_000, bytes: 500_000 };
const TEST_TITLE = /^(?:test|tmp|temp|debug|dummy|benchmark)(?:[\s:_-]|$)/i;

/** An issue's line, and where it stands in the order of the export. */
interface Line {
  readonly id: string;
  readonly priority: number;
  readonly created: string;
  readonly place: SpoolPlace;
}

/**
 * Exports issues, closed ones too, as JSONL in the form of the Go `bd`: by priority, newest, id. All
 * of it is one snapshot. Memory holds the texts of one page and the places of the lines: these wait
 * in a temporary file where they are many.
 *
 * @param write is given one piece after the other; it may be slow
 * @throws AppError DISK_FULL when there is no room for the temporary file, CANCELLED
 * @example await exportIssues(ctx, {}, async ({ text }) => { await file.write(text); });
 */
export async function exportIssues(
  ctx: BeadsContext,
  options: ExportOptions,
  write: (chunk: ExportChunk) => Promise<void>,
): Promise<{ issues: number; memories: number }> {
  const spool = createSpool();
  try {
    const { lines, memories } = await ctx.db.transaction(
      async (tx) => {
        // The transaction may have been begun before, and was lost.
        spool.close();
        const read = await readLines(tx, options, spool);
        return { lines: read, memories: options.includeMemories ? await exportMemories(tx) : undefined };
      },
      { kind: 'read' },
    );
    for (const some of chunksOf(lines)) {
      goOn(options);
      await write({ text: spool.read(some.map(({ place }) => place)), issues: some.length, memories: 0 });
    }
    if (memories) await write(memories);
    return { issues: lines.length, memories: memories?.memories ?? 0 };
  } finally {
    spool.close();
  }
}

/** Puts the lines of all issues into the spool, and tells them in the order of the export. */
async function readLines(db: Queryable, options: ExportOptions, spool: Spool): Promise<Line[]> {
  const all = await readLayers(db);
  const dependents = await countAllDependents(db, all);
  const lines: Line[] = [];
  const wisps = new Set<string>();
  // A wisp lies over an issue of the same id, so it comes first.
  for (const layer of options.includeInfra ? all.toReversed() : all.slice(0, 1)) {
    for await (const page of pagesById(db, layer, all)) {
      const texts: string[] = [];
      const heads: Omit<Line, 'place'>[] = [];
      for (const row of page.rows) {
        const issue = issueOf(row, page);
        const { id, title, priority } = issue;
        if (wisps.has(id) || (options.scrub && TEST_TITLE.test(title))) continue;
        texts.push(lineOf(issue, dependents.get(id) ?? 0));
        heads.push({ id, priority, created: String(row['created_at']) });
        if (layer !== all[0]) wisps.add(id);
      }
      for (const [index, place] of spool.add(texts).entries()) {
        const head = heads[index];
        // Not by a spread, which makes each object one of its own kind, of 350 bytes.
        if (head) lines.push({ id: head.id, priority: head.priority, created: head.created, place });
      }
      options.onRead?.(lines.length);
      goOn(options);
    }
  }
  return lines.sort(
    (a, b) => a.priority - b.priority || compareAsBytes(b.created, a.created) || compareAsBytes(a.id, b.id),
  );
}

function goOn({ signal }: ExportOptions): void {
  if (signal?.aborted) throw new AppError('CANCELLED', 'interrupted; the export is not complete');
}

function issueOf(row: Row, page: ExportPage): Issue {
  const id = String(row['id']);
  return decodeIssue(row, {
    labels: page.labels.get(id) ?? [],
    dependencies: page.dependencies.get(id) ?? [],
    comments: page.comments.get(id) ?? [],
  });
}

function lineOf(issue: Issue, dependents: number): string {
  const line = {
    _type: 'issue',
    ...issue,
    dependency_count: (issue.dependencies ?? []).filter(({ type }) => type === 'blocks').length,
    dependent_count: dependents,
    comment_count: issue.comments?.length ?? 0,
  };
  return `${goJsonLine(line)}\n`;
}

function* chunksOf(lines: readonly Line[]): Generator<readonly Line[]> {
  let from = 0;
  let bytes = 0;
  for (const [index, { place }] of lines.entries()) {
    const { length } = place;
    if (index > from && (index - from === CHUNK.lines || bytes + length > CHUNK.bytes)) {
      yield lines.slice(from, index);
      from = index;
      bytes = 0;
    }
    bytes += length;
  }
  if (from < lines.length) yield lines.slice(from);
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
