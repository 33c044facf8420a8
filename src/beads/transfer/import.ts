import type { BeadsContext } from '../context.ts';
import { sqlTime } from '../dates.ts';
import { rfc3339 } from '../issue-row.ts';
import { blockingCycles } from '../query/cycles.ts';
import { type KnownWords, readKnownWords } from '../query/known-words.ts';
import { tablesOf } from '../tables.ts';
import { BUILT_IN_STATUSES } from '../vocabulary.ts';
import { type WriteOptions, write } from '../write/write.ts';
import { decodeLine, type IssueEntry } from './decode-line.ts';
import { isBlocking } from './decode-parts.ts';
import { type BatchWriter, createBatchWriter } from './import-batch.ts';
import { jsonLines } from './lines.ts';

export interface ImportOptions {
  /** Opens the text to import: JSONL in UTF-8. Called again when the transaction has to be repeated. */
  open: () => AsyncIterable<Uint8Array>;
  /** Name of the source, for the message of the Dolt commit. */
  source: string;
  /** Read and count, write nothing. */
  dryRun?: boolean;
  /** Pass over a new issue whose title an issue that is not closed has already. */
  dedup?: boolean;
  /** Told after each batch. */
  onProgress?: (progress: { issues: number }) => void;
}

export interface ImportResult {
  /** Issues that were not there before. */
  created: number;
  /** Issues that were there and have changed. */
  updated: number;
  /** Issues that were there as they are in the file; their labels and the like may have been added to. */
  unchanged: number;
  /** Lines of deleted issues and of kinds that are not known. */
  skipped: number;
  dedupSkipped: number;
  memories: number;
  /** Statuses of imported issues that this database does not know. */
  unknownStatuses: string[];
  /** Circles of issues that block each other, or themselves, and that issues of the file are in: their ids. */
  cycles: string[][];
}

/** Lines that are written together at most, and their bytes. */
const BATCH = 2_000;
const BATCH_BYTES = 4 * 1024 * 1024;

/**
 * Imports what `bd export` wrote. The fields of a line replace those of an issue that is there, and
 * what a line lacks stays; labels, dependencies and comments are added to. All or nothing: one transaction,
 * and with auto-commit one Dolt commit. Memory does not grow with the file.
 *
 * @throws AppError VALIDATION naming the line that cannot be read; then nothing was imported
 * @example await importIssues(ctx, { open: () => createReadStream('issues.jsonl'), source: 'issues.jsonl' });
 */
export async function importIssues(ctx: BeadsContext, options: ImportOptions): Promise<ImportResult> {
  if (options.dryRun) return run(ctx, options, createBatchWriter(ctx.db));
  const commit: WriteOptions = {};
  return write(
    ctx,
    'import',
    async (w) => {
      const result = await run(w.ctx, options, createBatchWriter(w.tx, w));
      commit.message = message(result, options.source);
      w.did('import', message(result, options.source).replace(/^bd: import: /, ''));
      return result;
    },
    commit,
  );
}

async function run(ctx: BeadsContext, options: ImportOptions, writer: BatchWriter): Promise<ImportResult> {
  const words = await readKnownWords(ctx.db, ctx);
  const titles = options.dedup ? await openTitles(ctx) : undefined;
  const now = rfc3339(sqlTime(ctx.now()));
  const unknown = new Set<string>();
  const blocked = new Set<string>();
  const counts = { created: 0, updated: 0, unchanged: 0, skipped: 0, dedupSkipped: 0, memories: 0 };
  let batch = new Map<string, IssueEntry>();
  let bytes = 0;
  const flush = async () => {
    const written = await writer.issues([...batch.values()], titles);
    for (const key of ['created', 'updated', 'unchanged', 'dedupSkipped'] as const) counts[key] += written[key];
    batch = new Map();
    bytes = 0;
    options.onProgress?.({ issues: counts.created + counts.updated + counts.unchanged });
  };
  for await (const line of jsonLines(options.open())) {
    const entry = decodeLine(line, now);
    if (entry.kind === 'skipped') counts.skipped += 1;
    if (entry.kind === 'memory') {
      await writer.memory(entry);
      counts.memories += 1;
    }
    if (entry.kind !== 'issue') continue;
    // The second line of the same issue finds what the first one wrote.
    if (batch.has(entry.issue.id)) await flush();
    if (!isKnown(entry.issue.status, words)) unknown.add(entry.issue.status);
    if (entry.dependencies.some(isBlocking)) blocked.add(entry.issue.id);
    batch.set(entry.issue.id, entry);
    bytes += line.bytes;
    if (batch.size >= BATCH || bytes >= BATCH_BYTES) await flush();
  }
  if (batch.size > 0) await flush();
  await writer.finish();
  const cycles = blocked.size === 0 ? [] : await blockingCycles(ctx);
  return {
    ...counts,
    unknownStatuses: [...unknown].sort(),
    cycles: cycles.filter((ids) => ids.some((id) => blocked.has(id))),
  };
}

/** The wording of the Go `bd`. */
function message(result: ImportResult, source: string): string {
  const memories = result.memories > 0 ? `, ${result.memories} memories` : '';
  return `bd import: ${result.created + result.updated} issues${memories} from ${source}`;
}

/** Titles of the issues that are not closed. */
async function openTitles(ctx: BeadsContext): Promise<Set<string>> {
  const rows = await ctx.db.query(`SELECT title FROM ${tablesOf(false).issues} WHERE status <> 'closed'`);
  return new Set(rows.map((row) => String(row['title'])));
}

function isKnown(status: string, words: KnownWords): boolean {
  return words.customStatuses.has(status) || BUILT_IN_STATUSES.some(({ name }) => name === status);
}
