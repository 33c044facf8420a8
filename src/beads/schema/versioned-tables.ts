import { issueTable } from './issue-table.ts';

/** A table and the statement that makes it where it is missing. */
export interface TableDefinition {
  readonly name: string;
  readonly ddl: string;
}

/**
 * The tables that are part of Dolt's history, at schema level 32 of the Go `bd` 1.0.3: columns,
 * order, defaults, indexes and foreign keys are part of the contract. `depends_on_id` has no
 * foreign key on purpose: it may name an issue of another project.
 */
export const VERSIONED_TABLES: readonly TableDefinition[] = [
  { name: 'issues', ddl: issueTable('issues') },
  table('dependencies', [
    'issue_id varchar(255) NOT NULL',
    'depends_on_id varchar(255) NOT NULL',
    "type varchar(32) NOT NULL DEFAULT 'blocks'",
    'created_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP',
    'created_by varchar(255) NOT NULL',
    'metadata json DEFAULT (json_object())',
    "thread_id varchar(255) DEFAULT ''",
    'PRIMARY KEY (issue_id, depends_on_id)',
    'KEY idx_dependencies_issue (issue_id)',
    'KEY idx_dependencies_depends_on (depends_on_id)',
    'KEY idx_dependencies_depends_on_type (depends_on_id, type)',
    'KEY idx_dependencies_thread (thread_id)',
    'CONSTRAINT fk_dep_issue FOREIGN KEY (issue_id) REFERENCES issues (id) ON DELETE CASCADE',
  ]),
  table('labels', [
    'issue_id varchar(255) NOT NULL',
    'label varchar(255) NOT NULL',
    'PRIMARY KEY (issue_id, label)',
    'KEY idx_labels_label (label)',
    'CONSTRAINT fk_labels_issue FOREIGN KEY (issue_id) REFERENCES issues (id) ON DELETE CASCADE',
  ]),
  table('comments', [
    'id char(36) NOT NULL DEFAULT (uuid())',
    'issue_id varchar(255) NOT NULL',
    'author varchar(255) NOT NULL',
    'text longtext NOT NULL',
    'created_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP',
    'PRIMARY KEY (id)',
    'KEY idx_comments_issue (issue_id)',
    'KEY idx_comments_created_at (created_at)',
    'CONSTRAINT fk_comments_issue FOREIGN KEY (issue_id) REFERENCES issues (id) ON DELETE CASCADE',
  ]),
  table('events', [
    'id char(36) NOT NULL DEFAULT (uuid())',
    'issue_id varchar(255) NOT NULL',
    'event_type varchar(32) NOT NULL',
    'actor varchar(255) NOT NULL',
    'old_value longtext',
    'new_value longtext',
    'comment longtext',
    'created_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP',
    'PRIMARY KEY (id)',
    'KEY idx_events_issue (issue_id)',
    'KEY idx_events_created_at (created_at)',
    'CONSTRAINT fk_events_issue FOREIGN KEY (issue_id) REFERENCES issues (id) ON DELETE CASCADE',
  ]),
  table('config', ['`key` varchar(255) NOT NULL', 'value longtext NOT NULL', 'PRIMARY KEY (`key`)']),
  table('metadata', ['`key` varchar(255) NOT NULL', 'value longtext NOT NULL', 'PRIMARY KEY (`key`)']),
  table('child_counters', [
    'parent_id varchar(255) NOT NULL',
    'last_child int NOT NULL DEFAULT 0',
    'PRIMARY KEY (parent_id)',
  ]),
  table('issue_counter', ['prefix varchar(255) NOT NULL', 'last_id int NOT NULL DEFAULT 0', 'PRIMARY KEY (prefix)']),
  table('custom_statuses', [
    'name varchar(64) NOT NULL',
    "category varchar(32) NOT NULL DEFAULT 'unspecified'",
    'PRIMARY KEY (name)',
  ]),
  table('custom_types', ['name varchar(64) NOT NULL', 'PRIMARY KEY (name)']),
  table('issue_snapshots', [
    'id char(36) NOT NULL DEFAULT (uuid())',
    'issue_id varchar(255) NOT NULL',
    'snapshot_time datetime NOT NULL',
    'compaction_level int NOT NULL',
    'original_size int NOT NULL',
    'compressed_size int NOT NULL',
    'original_content longtext NOT NULL',
    'archived_events longtext',
    'PRIMARY KEY (id)',
    'KEY idx_snapshots_issue (issue_id)',
    'KEY idx_snapshots_level (compaction_level)',
    'CONSTRAINT fk_snapshots_issue FOREIGN KEY (issue_id) REFERENCES issues (id) ON DELETE CASCADE',
  ]),
  table('compaction_snapshots', [
    'id char(36) NOT NULL DEFAULT (uuid())',
    'issue_id varchar(255) NOT NULL',
    'compaction_level int NOT NULL',
    'snapshot_json blob NOT NULL',
    'created_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP',
    'PRIMARY KEY (id)',
    'KEY idx_comp_snap_issue (issue_id, compaction_level, created_at)',
    'CONSTRAINT fk_comp_snap_issue FOREIGN KEY (issue_id) REFERENCES issues (id) ON DELETE CASCADE',
  ]),
  table('routes', [
    'prefix varchar(32) NOT NULL',
    'path varchar(512) NOT NULL',
    'created_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP',
    'updated_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP',
    'PRIMARY KEY (prefix)',
  ]),
  table('interactions', [
    'id varchar(32) NOT NULL',
    'kind varchar(64) NOT NULL',
    'created_at datetime NOT NULL',
    'actor varchar(255)',
    'issue_id varchar(255)',
    'model varchar(255)',
    'prompt longtext',
    'response longtext',
    'error longtext',
    'tool_name varchar(255)',
    'exit_code int',
    'parent_id varchar(32)',
    'label varchar(64)',
    'reason longtext',
    'extra json',
    'PRIMARY KEY (id)',
    'KEY idx_interactions_kind (kind)',
    'KEY idx_interactions_created_at (created_at)',
    'KEY idx_interactions_issue_id (issue_id)',
    'KEY idx_interactions_parent_id (parent_id)',
  ]),
  table('federation_peers', [
    'name varchar(255) NOT NULL',
    'remote_url varchar(1024) NOT NULL',
    'username varchar(255)',
    'password_encrypted blob',
    "sovereignty varchar(8) DEFAULT ''",
    'last_sync datetime',
    'created_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP',
    'updated_at datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP',
    'PRIMARY KEY (name)',
    'KEY idx_federation_peers_sovereignty (sovereignty)',
  ]),
  table('schema_migrations', ['version int NOT NULL', 'PRIMARY KEY (version)']),
];

/** A table from its column, key and constraint lines. */
export function table(name: string, lines: readonly string[]): TableDefinition {
  return { name, ddl: `CREATE TABLE IF NOT EXISTS ${name} (\n  ${lines.join(',\n  ')}\n)` };
}
