/**
 * The shape of an issue, as the JSON of `bd` shows it: key names, order and omission rules are
 * those of the Go `bd` (../shared/spec/go-bd-1.0.3.md, 4.3). Empty values are absent, not null.
 */
export interface Issue {
  id: string;
  title: string;
  description?: string;
  design?: string;
  acceptance_criteria?: string;
  notes?: string;
  spec_id?: string;
  status: string;
  /** 0 (highest) to 4. */
  priority: number;
  issue_type: string;
  assignee?: string;
  owner?: string;
  estimated_minutes?: number;
  /** RFC 3339 in UTC, whole seconds: `2026-11-22T07:42:10Z`. So are all times of an issue. */
  created_at: string;
  created_by?: string;
  updated_at: string;
  started_at?: string;
  closed_at?: string;
  close_reason?: string;
  closed_by_session?: string;
  due_at?: string;
  defer_until?: string;
  external_ref?: string;
  source_system?: string;
  /** JSON, normally an object. */
  metadata?: unknown;
  compaction_level?: number;
  compacted_at?: string;
  compacted_at_commit?: string;
  original_size?: number;
  labels?: string[];
  dependencies?: Dependency[];
  comments?: Comment[];
  sender?: string;
  ephemeral?: boolean;
  no_history?: boolean;
  wisp_type?: string;
  pinned?: boolean;
  is_template?: boolean;
  await_type?: string;
  await_id?: string;
  /** Nanoseconds. */
  timeout?: number;
  waiters?: string[];
  mol_type?: string;
  work_type?: string;
  event_kind?: string;
  actor?: string;
  target?: string;
  payload?: string;
}

/** "issue_id depends on depends_on_id"; for parent-child, issue_id is the child. */
export interface Dependency {
  issue_id: string;
  depends_on_id: string;
  type: string;
  created_at: string;
  created_by?: string;
  /** JSON text, normally `{}`. */
  metadata?: string;
  thread_id?: string;
}

export interface Comment {
  id: string;
  issue_id: string;
  author: string;
  text: string;
  created_at: string;
}
