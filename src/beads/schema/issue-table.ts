/**
 * The columns that `issues` and `wisps` share, in the order of schema level 32 of the Go `bd` 1.0.3.
 * The four long texts differ: `wisps` gives them a default, `issues` does not. Long texts are
 * `longtext`, where the Go `bd` has `text`: see docs/decisions/0035-long-texts.md.
 */
function issueColumns(longText: string): string {
  return `
  id varchar(255) NOT NULL,
  content_hash varchar(64),
  title varchar(500) NOT NULL,
  description ${longText},
  design ${longText},
  acceptance_criteria ${longText},
  notes ${longText},
  status varchar(32) NOT NULL DEFAULT 'open',
  priority int NOT NULL DEFAULT 2,
  issue_type varchar(32) NOT NULL DEFAULT 'task',
  assignee varchar(255),
  estimated_minutes int,
  created_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
  created_by varchar(255) DEFAULT '',
  owner varchar(255) DEFAULT '',
  updated_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  closed_at datetime,
  closed_by_session varchar(255) DEFAULT '',
  external_ref varchar(255),
  spec_id varchar(1024),
  compaction_level int DEFAULT 0,
  compacted_at datetime,
  compacted_at_commit varchar(64),
  original_size int,
  sender varchar(255) DEFAULT '',
  ephemeral tinyint(1) DEFAULT 0,
  wisp_type varchar(32) DEFAULT '',
  pinned tinyint(1) DEFAULT 0,
  is_template tinyint(1) DEFAULT 0,
  mol_type varchar(32) DEFAULT '',
  work_type varchar(32) DEFAULT 'mutex',
  source_system varchar(255) DEFAULT '',
  metadata json DEFAULT (json_object()),
  source_repo varchar(512) DEFAULT '',
  close_reason longtext DEFAULT '',
  event_kind varchar(32) DEFAULT '',
  actor varchar(255) DEFAULT '',
  target varchar(255) DEFAULT '',
  payload longtext DEFAULT '',
  await_type varchar(32) DEFAULT '',
  await_id varchar(255) DEFAULT '',
  timeout_ns bigint DEFAULT 0,
  waiters longtext DEFAULT '',
  hook_bead varchar(255) DEFAULT '',
  role_bead varchar(255) DEFAULT '',
  agent_state varchar(32) DEFAULT '',
  last_activity datetime,
  role_type varchar(32) DEFAULT '',
  rig varchar(255) DEFAULT '',
  due_at datetime,
  defer_until datetime,
  no_history tinyint(1) DEFAULT 0,
  started_at datetime,
  PRIMARY KEY (id)`;
}

const INDEXED = ['status', 'priority', 'issue_type', 'assignee', 'created_at', 'spec_id', 'external_ref'];

/** The CREATE TABLE statement of `issues` or `wisps`. */
export function issueTable(table: 'issues' | 'wisps'): string {
  const columns = issueColumns(table === 'issues' ? 'longtext NOT NULL' : "longtext NOT NULL DEFAULT ''");
  const indexes = INDEXED.map((column) => `  KEY idx_${table}_${column} (${column})`);
  return `CREATE TABLE IF NOT EXISTS ${table} (${[columns, ...indexes].join(',\n')}\n)`;
}
