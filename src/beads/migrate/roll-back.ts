import { type FileHandle, open, rm } from 'node:fs/promises';
import { systemErrorCode } from '../../errors.ts';

const MAGIC = Buffer.from('d9d505f920a163d7', 'hex');
const HEADER_BYTES = 28;
/** What a program writes that does not sync: then the size of the journal tells the number. */
const UNCOUNTED = 0xffff_ffff;
/** SQLite locks these bytes; their page is never part of a database. */
const LOCK_BYTE = 0x4000_0000;

interface Header {
  /** Page records that follow. */
  readonly records: number;
  /** Start of every checksum. */
  readonly seed: number;
  /** Pages that the database had. */
  readonly pages: number;
  readonly sectorBytes: number;
  readonly pageBytes: number;
}

/**
 * Rolls back a transaction that its program's end, or our copying, cut off: writes the pages of the
 * rollback journal beside a database back into it, and removes the journal. SQLite itself does so
 * when it opens a file; compiled to WebAssembly it takes every journal for that of a program that
 * goes on. A journal that holds nothing is removed as well.
 *
 * @param path a copy of ours
 * @see https://www.sqlite.org/fileformat2.html#the_rollback_journal for the format
 */
export async function rollBackJournal(path: string): Promise<void> {
  const journalPath = `${path}-journal`;
  const journal = await open(journalPath, 'r').catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!journal) return;
  try {
    const database = await open(path, 'r+');
    try {
      await playBack(journal, database);
      await database.sync();
    } finally {
      await database.close();
    }
  } finally {
    await journal.close();
  }
  await rm(journalPath, { force: true });
}

async function playBack(journal: FileHandle, database: FileHandle): Promise<void> {
  const { size } = await journal.stat();
  const first = await readHeader(journal, 0);
  if (!first) return;
  const { pageBytes, sectorBytes } = first;
  // A multi-file transaction ends with the name of its super-journal: bd never made one.
  await database.truncate(first.pages * pageBytes);
  const record = Buffer.alloc(pageBytes + 8);
  for (let at = 0, header: Header | undefined = first; header; header = await readHeader(journal, at)) {
    at += sectorBytes;
    const fitting = Math.floor((size - at) / record.length);
    const records = header.records === UNCOUNTED ? fitting : Math.min(header.records, fitting);
    for (let index = 0; index < records; index += 1, at += record.length) {
      await journal.read(record, 0, record.length, at);
      const page = record.readUInt32BE(0);
      if (page === 0 || page === Math.floor(LOCK_BYTE / pageBytes) + 1) return;
      const content = record.subarray(4, 4 + pageBytes);
      // Written last, so what was cut off does not match: nothing of it was in the database yet.
      if (checksum(content, header.seed) !== record.readUInt32BE(4 + pageBytes)) return;
      if (page <= first.pages) await database.write(content, 0, pageBytes, (page - 1) * pageBytes);
    }
    at = Math.ceil(at / sectorBytes) * sectorBytes;
  }
}

/** @returns undefined where no header is: at the end, or in a journal that is finished with */
async function readHeader(journal: FileHandle, at: number): Promise<Header | undefined> {
  const bytes = Buffer.alloc(HEADER_BYTES);
  const { bytesRead } = await journal.read(bytes, 0, HEADER_BYTES, at);
  if (bytesRead < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const [records, seed, pages, sectorBytes, pageBytes] = [8, 12, 16, 20, 24].map((offset) =>
    bytes.readUInt32BE(offset),
  );
  if (records === undefined || seed === undefined || pages === undefined) return undefined;
  if (!isPowerOfTwo(sectorBytes, 32) || !isPowerOfTwo(pageBytes, 512)) return undefined;
  return { records, seed, pages, sectorBytes, pageBytes };
}

function isPowerOfTwo(number: number | undefined, least: number): number is number {
  return number !== undefined && number >= least && number <= 65_536 && (number & (number - 1)) === 0;
}

/** Every 200th byte, counted from the end. */
function checksum(page: Buffer, seed: number): number {
  let sum = seed;
  for (let index = page.length - 200; index > 0; index -= 200) sum = (sum + (page[index] ?? 0)) >>> 0;
  return sum;
}
