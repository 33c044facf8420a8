import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';

export type LegacyValue = string | number | bigint | null | Uint8Array;
export type LegacyRow = Readonly<Record<string, LegacyValue>>;

/** How old the schema is: that of the last version with SQLite, or one from before wisps and comments. */
export type LegacyAge = 'last' | 'early';

/** The schema of version 0.49: the order of the columns is that of a database that grew with the versions. */
const LAST = `
CREATE TABLE issues (
  id TEXT PRIMARY KEY,
  content_hash TEXT,
  title TEXT NOT NULL CHECK(length(title) <= 500),
  description TEXT NOT NULL DEFAULT '',
  design TEXT NOT NULL DEFAULT '',
  acceptance_criteria TEXT NOT NULL DEFAULT '',
  notes TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL DEFAULT 'open',
  priority INTEGER NOT NULL DEFAULT 2 CHECK(priority >= 0 AND priority <= 4),
  issue_type TEXT NOT NULL DEFAULT 'task',
  assignee TEXT,
  estimated_minutes INTEGER,
  created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by TEXT DEFAULT '',
  owner TEXT DEFAULT '',
  updated_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  closed_at DATETIME,
  closed_by_session TEXT DEFAULT '',
  external_ref TEXT,
  spec_id TEXT,
  compaction_level INTEGER DEFAULT 0,
  compacted_at DATETIME,
  compacted_at_commit TEXT,
  original_size INTEGER,
  deleted_at DATETIME,
  deleted_by TEXT DEFAULT '',
  delete_reason TEXT DEFAULT '',
  original_type TEXT DEFAULT '',
  sender TEXT DEFAULT '',
  ephemeral INTEGER DEFAULT 0,
  wisp_type TEXT DEFAULT '',
  pinned INTEGER DEFAULT 0,
  is_template INTEGER DEFAULT 0,
  crystallizes INTEGER DEFAULT 0,
  mol_type TEXT DEFAULT '',
  work_type TEXT DEFAULT 'mutex',
  quality_score REAL,
  source_system TEXT DEFAULT '',
  metadata TEXT NOT NULL DEFAULT '{}',
  event_kind TEXT DEFAULT '',
  actor TEXT DEFAULT '',
  target TEXT DEFAULT '',
  payload TEXT DEFAULT '',
  source_repo TEXT DEFAULT '.',
  close_reason TEXT DEFAULT '',
  await_type TEXT,
  await_id TEXT,
  timeout_ns INTEGER,
  waiters TEXT,
  hook_bead TEXT DEFAULT '',
  role_bead TEXT DEFAULT '',
  agent_state TEXT DEFAULT '',
  last_activity DATETIME,
  role_type TEXT DEFAULT '',
  rig TEXT DEFAULT '',
  due_at DATETIME,
  defer_until DATETIME
);
CREATE UNIQUE INDEX idx_issues_external_ref ON issues(external_ref) WHERE external_ref IS NOT NULL;
CREATE TABLE dependencies (
  issue_id TEXT NOT NULL, depends_on_id TEXT NOT NULL, type TEXT NOT NULL DEFAULT 'blocks',
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, created_by TEXT NOT NULL DEFAULT '',
  metadata TEXT DEFAULT '{}', thread_id TEXT DEFAULT '',
  PRIMARY KEY (issue_id, depends_on_id, type)
);
CREATE TABLE labels (issue_id TEXT NOT NULL, label TEXT NOT NULL, PRIMARY KEY (issue_id, label));
CREATE TABLE comments (
  id INTEGER PRIMARY KEY AUTOINCREMENT, issue_id TEXT NOT NULL, author TEXT NOT NULL, text TEXT NOT NULL,
  created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT, issue_id TEXT NOT NULL, event_type TEXT NOT NULL, actor TEXT NOT NULL,
  old_value TEXT, new_value TEXT, comment TEXT, created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE config (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE metadata (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE dirty_issues (issue_id TEXT PRIMARY KEY, marked_at DATETIME, content_hash TEXT);
CREATE TABLE export_hashes (issue_id TEXT PRIMARY KEY, content_hash TEXT NOT NULL, exported_at DATETIME);
CREATE TABLE child_counters (parent_id TEXT PRIMARY KEY, last_child INTEGER NOT NULL DEFAULT 0);
CREATE TABLE issue_snapshots (
  id INTEGER PRIMARY KEY AUTOINCREMENT, issue_id TEXT NOT NULL, snapshot_time DATETIME NOT NULL,
  compaction_level INTEGER NOT NULL, original_size INTEGER NOT NULL, compressed_size INTEGER NOT NULL,
  original_content TEXT NOT NULL, archived_events TEXT
);
CREATE TABLE compaction_snapshots (
  id INTEGER PRIMARY KEY AUTOINCREMENT, issue_id TEXT NOT NULL, compaction_level INTEGER NOT NULL,
  snapshot_json BLOB NOT NULL, created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE repo_mtimes (repo_path TEXT PRIMARY KEY, jsonl_path TEXT NOT NULL, mtime_ns INTEGER NOT NULL, last_checked DATETIME);
CREATE TABLE blocked_issues_cache (issue_id TEXT PRIMARY KEY);
CREATE VIEW ready_issues AS SELECT * FROM issues WHERE status = 'open';
`;

const EARLY = `
CREATE TABLE issues (
  id TEXT PRIMARY KEY, title TEXT NOT NULL, description TEXT, status TEXT NOT NULL, priority INTEGER,
  issue_type TEXT, assignee TEXT, created_at DATETIME, updated_at DATETIME, closed_at DATETIME
);
CREATE TABLE dependencies (
  issue_id TEXT, depends_on_id TEXT, type TEXT DEFAULT 'blocks', created_at DATETIME, created_by TEXT,
  PRIMARY KEY (issue_id, depends_on_id)
);
CREATE TABLE labels (issue_id TEXT, label TEXT, PRIMARY KEY (issue_id, label));
CREATE TABLE events (
  id INTEGER PRIMARY KEY, issue_id TEXT, event_type TEXT, actor TEXT, old_value TEXT, new_value TEXT,
  comment TEXT, created_at DATETIME
);
`;

/** A SQLite database as an old `bd` left it, open to put rows into. */
export interface LegacyDatabase {
  readonly path: string;
  insert(table: string, ...rows: LegacyRow[]): void;
  exec(sql: string): void;
  all(sql: string): LegacyRow[];
  /** Closes it; the file then is an ordinary one. */
  close(): void;
}

/** Opens or makes a SQLite file, without a schema unless an age is given. */
export function legacyDatabase(path: string, age?: LegacyAge): LegacyDatabase {
  mkdirSync(dirname(path), { recursive: true });
  const db = new sqlite.Database(path);
  db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF');
  if (age) db.exec(age === 'last' ? LAST : EARLY);
  return {
    path,
    insert(table, ...rows) {
      db.exec('SAVEPOINT rows');
      let columns = '';
      let statement: ReturnType<typeof db.prepare> | undefined;
      for (const row of rows) {
        if (Object.keys(row).join() !== columns || Object.values(row).some(hasNul)) {
          statement?.finalize();
          columns = Object.keys(row).join();
          // A text that is bound ends at its first NUL.
          const places = Object.values(row).map((value) => (hasNul(value) ? 'CAST(? AS TEXT)' : '?'));
          statement = db.prepare(`INSERT INTO ${table} (${columns}) VALUES (${places.join()})`);
        }
        statement?.run(
          Object.values(row).map((value) => (hasNul(value) ? new TextEncoder().encode(String(value)) : value)),
        );
        if (Object.values(row).some(hasNul)) columns = '';
      }
      statement?.finalize();
      db.exec('RELEASE rows');
    },
    exec: (sql) => db.exec(sql),
    all: (sql) => db.all(sql) as LegacyRow[],
    close: () => db.close(),
  };
}

function hasNul(value: LegacyValue): boolean {
  return typeof value === 'string' && value.includes('\0');
}

/** Writes what an old `bd` had beside its database. */
export function legacyWorkspace(directory: string): string {
  const beadsDir = join(directory, '.beads');
  mkdirSync(beadsDir, { recursive: true, mode: 0o700 });
  writeFileSync(join(beadsDir, 'metadata.json'), '{\n  "database": "beads.db",\n  "jsonl_export": "issues.jsonl"\n}');
  writeFileSync(join(beadsDir, 'config.yaml'), '# mine\nno-daemon: true\n');
  writeFileSync(join(beadsDir, '.gitignore'), '*.db\n*.db-wal\ndaemon.log\n');
  return beadsDir;
}
