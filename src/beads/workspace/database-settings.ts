import type { Queryable } from '../../database/types.ts';
import { AppError } from '../../errors.ts';
import type { BeadsContext } from '../context.ts';
import { parseStatuses } from '../settings.ts';
import type { Writing } from '../write/record.ts';
import { write } from '../write/write.ts';

/** Every row of the table `config`, by key. */
export async function readDatabaseSettings(db: Queryable): Promise<Map<string, string>> {
  const rows = await db.query('SELECT `key`, value FROM config ORDER BY `key`');
  return new Map(rows.map((row) => [String(row['key']), String(row['value'] ?? '')]));
}

/**
 * Writes rows of the table `config`; undefined removes. Custom statuses and types are kept in their
 * own tables as well, where the Go `bd` and the views look for them.
 *
 * @throws AppError VALIDATION, READ_ONLY
 */
export async function writeDatabaseSettings(
  ctx: BeadsContext,
  values: ReadonlyMap<string, string | undefined>,
): Promise<void> {
  const statuses = values.has('status.custom') ? readStatuses(values.get('status.custom') ?? '') : undefined;
  const types = values.has('types.custom') ? readTypes(values.get('types.custom') ?? '') : undefined;
  await write(ctx, 'config set', async (w) => {
    const before = await readDatabaseSettings(w.tx);
    for (const [key, value] of values) {
      if (before.get(key) === value) continue;
      if (value === undefined) await w.tx.execute('DELETE FROM config WHERE `key` = ?', [key]);
      else await w.tx.execute('REPLACE INTO config (`key`, value) VALUES (?, ?)', [key, value]);
      w.changed('config');
      w.did(value === undefined ? 'config unset' : 'config set', key);
    }
    if (statuses) await replaceRows(w, 'custom_statuses', ['name', 'category'], [...statuses]);
    if (types)
      await replaceRows(
        w,
        'custom_types',
        ['name'],
        types.map((name) => [name]),
      );
    // Setting the same again is harmless, so a lost connection may always be answered by doing it again.
    w.provedBy(async (db) => {
      const now = await readDatabaseSettings(db);
      return [...values].every(([key, value]) => now.get(key) === value);
    });
  });
  ctx.recent?.delete('settings');
}

async function replaceRows(
  w: Writing,
  table: 'custom_statuses' | 'custom_types',
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<void> {
  const stored = await w.tx.query(`SELECT ${columns.join(', ')} FROM ${table} ORDER BY name`);
  const now = stored.map((row) => columns.map((column) => String(row[column])));
  const wanted = [...rows].sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  if (JSON.stringify(now) === JSON.stringify(wanted)) return;
  await w.tx.execute(`DELETE FROM ${table}`);
  for (const row of wanted) {
    const places = row.map(() => '?').join(', ');
    await w.tx.execute(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places})`, row);
  }
  w.changed(table);
}

const NAME = /^[a-z][a-z0-9_-]{0,63}$/;
const MOST = 50;

function readStatuses(text: string): ReadonlyMap<string, string> {
  for (const entry of entriesOf(text)) {
    const [name = '', category, ...more] = entry.split(':').map((part) => part.trim());
    if (!NAME.test(name) || more.length > 0) throw invalidName('status', entry);
    if (category !== undefined && !['active', 'wip', 'done', 'frozen', 'unspecified'].includes(category)) {
      throw new AppError('VALIDATION', `invalid category "${category}" of status "${name}"`, {
        hint: 'categories: active, wip, done, frozen, unspecified',
      });
    }
  }
  return parseStatuses(text);
}

function readTypes(text: string): string[] {
  const names = entriesOf(text);
  for (const name of names) if (!NAME.test(name)) throw invalidName('type', name);
  return [...new Set(names)];
}

function entriesOf(text: string): string[] {
  const entries = text.split(',').flatMap((entry) => entry.trim() || []);
  if (entries.length > MOST) throw new AppError('VALIDATION', `there may be ${MOST} custom names at most`);
  return entries;
}

function invalidName(kind: string, entry: string): AppError {
  return new AppError('VALIDATION', `invalid custom ${kind} "${entry}"`, {
    hint: `names match ${NAME.source}; several: a,b${kind === 'status' ? '; with categories: review:wip,parked:frozen' : ''}`,
  });
}
