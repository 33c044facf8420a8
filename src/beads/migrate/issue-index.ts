import { INFRA_TYPES } from '../vocabulary.ts';
import { convert, decode, text } from './fields.ts';
import type { SqliteFile } from './sqlite.ts';

/** Where an issue of SQLite goes. */
export type Place = 'issues' | 'wisps' | 'deleted';

/** Where each issue goes, by its id; what hangs on an issue follows it. */
export type IssueIndex = ReadonlyMap<string, Place>;

/** An id that is cut or repaired would be another one. */
const ID = text('id', 255);

/**
 * Sorts the issues: those of an agent's, role's, rig's or message's type and short-lived ones become
 * wisps, where Dolt's history does not keep them; a tombstone stands for an issue that was deleted.
 *
 * @param infraTypes the types of wisps, when the database has its own
 */
export function indexIssues(db: SqliteFile, infraTypes: readonly string[] = INFRA_TYPES): IssueIndex {
  const columns = db.tables.get('issues') ?? [];
  const shown = ['id', 'status', 'issue_type', 'ephemeral', 'no_history'].filter((name) => columns.includes(name));
  const index = new Map<string, Place>();
  for (const row of db.rows(`SELECT ${shown.map(bytes).join(', ')} FROM issues WHERE id IS NOT NULL AND id <> ''`)) {
    const value = (name: string) => decode(row[name]).text;
    const id = value('id');
    // Of two rows with one id, one that was not deleted is meant.
    if ((index.get(id) ?? 'deleted') !== 'deleted' || convert(ID, row['id']).flaw) continue;
    if (value('status') === 'tombstone') index.set(id, 'deleted');
    else if (isSet(value('ephemeral')) || isSet(value('no_history'))) index.set(id, 'wisps');
    else index.set(id, infraTypes.includes(value('issue_type')) ? 'wisps' : 'issues');
  }
  return index;
}

function bytes(name: string): string {
  return `CAST(${name} AS BLOB) AS ${name}`;
}

function isSet(value: string): boolean {
  return value !== '' && value !== '0' && value.toLowerCase() !== 'false';
}
