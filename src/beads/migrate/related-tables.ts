import { type Field, field, maybeText, text } from './fields.ts';

/** What hangs on issues: what it is called in SQLite, its columns, and where it goes. */
export interface RelatedTable {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly order: string;
  /** The table of Dolt for what hangs on a wisp; without one it stays behind. */
  readonly wisps?: string;
  /** What names a row in a report. */
  readonly rowName: (value: (name: string) => string) => string;
}

export const LABELS: RelatedTable = {
  name: 'labels',
  fields: [text('issue_id', 255), text('label', 255)],
  order: 'issue_id, label',
  wisps: 'wisp_labels',
  rowName: (value) => `${value('issue_id')} ${value('label')}`,
};

/** The kinds that decide what is ready come first: of two edges between the same issues Dolt keeps one. */
const BY_WEIGHT = ['blocks', 'conditional-blocks', 'parent-child', 'waits-for']
  .map((type, index) => `WHEN '${type}' THEN ${index}`)
  .join(' ');

export const DEPENDENCIES: RelatedTable = {
  name: 'dependencies',
  fields: [
    text('issue_id', 255),
    text('depends_on_id', 255),
    { ...text('type', 32), initial: 'blocks' },
    field('created_at', 'time'),
    text('created_by', 255),
    field('metadata', 'json', '{}'),
    text('thread_id', 255),
  ],
  order: `issue_id, depends_on_id, CASE type ${BY_WEIGHT} ELSE 9 END, type`,
  wisps: 'wisp_dependencies',
  rowName: (value) => `${value('issue_id')} -> ${value('depends_on_id')} (${value('type')})`,
};

/** As the UUIDs are sorted that they get: Dolt writes and reads rows several times faster in the order of their key. */
const BY_TIME = 'created_at, id';

export const COMMENTS: RelatedTable = {
  name: 'comments',
  fields: [text('id', 36), text('issue_id', 255), text('author', 255), text('text'), field('created_at', 'time')],
  order: BY_TIME,
  wisps: 'wisp_comments',
  rowName: (value) => value('id'),
};

const EVENTS: RelatedTable = {
  name: 'events',
  fields: [
    text('id', 36),
    text('issue_id', 255),
    text('event_type', 32),
    text('actor', 255),
    maybeText('old_value'),
    maybeText('new_value'),
    maybeText('comment'),
    field('created_at', 'time'),
  ],
  order: BY_TIME,
  wisps: 'wisp_events',
  rowName: (value) => value('id'),
};

const ISSUE_SNAPSHOTS: RelatedTable = {
  name: 'issue_snapshots',
  fields: [
    text('id', 36),
    text('issue_id', 255),
    field('snapshot_time', 'time'),
    field('compaction_level', 'int', 0),
    field('original_size', 'int', 0),
    field('compressed_size', 'int', 0),
    text('original_content'),
    maybeText('archived_events'),
  ],
  order: 'id',
  rowName: (value) => value('id'),
};

const COMPACTION_SNAPSHOTS: RelatedTable = {
  name: 'compaction_snapshots',
  fields: [
    text('id', 36),
    text('issue_id', 255),
    field('compaction_level', 'int', 0),
    field('snapshot_json', 'blob', ''),
    field('created_at', 'time'),
  ],
  order: 'id',
  rowName: (value) => value('id'),
};

/** Every table of this kind, in the order in which it goes over. */
export const RELATED_TABLES: readonly RelatedTable[] = [
  LABELS,
  DEPENDENCIES,
  COMMENTS,
  EVENTS,
  ISSUE_SNAPSHOTS,
  COMPACTION_SNAPSHOTS,
];
