import { issueTable } from './issue-table.ts';
import { type TableDefinition, table } from './versioned-tables.ts';

/** What `dolt_ignore` keeps out of Dolt's history; its rows are committed before the tables are made. */
export const IGNORE_PATTERNS = ['wisps', 'wisp_%', 'local_metadata', 'repo_mtimes'] as const;

/**
 * The tables that belong to one clone and live in its working set only. A fresh clone lacks them.
 * They have no foreign keys, so that an issue may move between `issues` and `wisps`.
 */
export const LOCAL_TABLES: readonly TableDefinition[] = [
  { name: 'wisps', ddl: issueTable('wisps') },
  table('wisp_labels', [
    'issue_id varchar(255) NOT NULL',
    'label varchar(255) NOT NULL',
    'PRIMARY KEY (issue_id, label)',
    'KEY idx_wisp_labels_label (label)',
  ]),
  table('wisp_dependencies', [
    'issue_id varchar(255) NOT NULL',
    'depends_on_id varchar(255) NOT NULL',
    "type varchar(32) NOT NULL DEFAULT 'blocks'",
    'created_at datetime DEFAULT CURRENT_TIMESTAMP',
    "created_by varchar(255) DEFAULT ''",
    'metadata json DEFAULT (json_object())',
    "thread_id varchar(255) DEFAULT ''",
    'PRIMARY KEY (issue_id, depends_on_id)',
    'KEY idx_wisp_dep_depends (depends_on_id)',
    'KEY idx_wisp_dep_type (type)',
    'KEY idx_wisp_dep_type_depends (type, depends_on_id)',
  ]),
  table('wisp_events', [
    'id char(36) NOT NULL DEFAULT (uuid())',
    'issue_id varchar(255) NOT NULL',
    'event_type varchar(32) NOT NULL',
    "actor varchar(255) DEFAULT ''",
    "old_value longtext DEFAULT ''",
    "new_value longtext DEFAULT ''",
    "comment longtext DEFAULT ''",
    'created_at datetime DEFAULT CURRENT_TIMESTAMP',
    'PRIMARY KEY (id)',
    'KEY idx_wisp_events_issue (issue_id)',
    'KEY idx_wisp_events_created_at (created_at)',
  ]),
  table('wisp_comments', [
    'id char(36) NOT NULL DEFAULT (uuid())',
    'issue_id varchar(255) NOT NULL',
    "author varchar(255) DEFAULT ''",
    "text longtext NOT NULL DEFAULT ''",
    'created_at datetime DEFAULT CURRENT_TIMESTAMP',
    'PRIMARY KEY (id)',
    'KEY idx_wisp_comments_issue (issue_id)',
  ]),
  table('local_metadata', ['`key` varchar(255) NOT NULL', "value longtext NOT NULL DEFAULT ''", 'PRIMARY KEY (`key`)']),
  table('repo_mtimes', [
    'repo_path varchar(512) NOT NULL',
    'jsonl_path varchar(512) NOT NULL',
    'mtime_ns bigint NOT NULL',
    'last_checked datetime NOT NULL DEFAULT CURRENT_TIMESTAMP',
    'PRIMARY KEY (repo_path)',
    'KEY idx_repo_mtimes_checked (last_checked)',
  ]),
];
