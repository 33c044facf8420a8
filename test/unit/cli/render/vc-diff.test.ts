import { expect, test } from 'vitest';
import type { RevisionDiff } from '../../../../src/beads/history/diff.ts';
import type { Dependency } from '../../../../src/beads/issue.ts';
import { renderDiff } from '../../../../src/cli/render/vc-diff.ts';

const edge = {
  issue_id: 'hm-a',
  depends_on_id: 'hm-b',
  type: 'blocks',
  created_at: '2026-05-01T12:00:00Z',
  metadata: '{}',
};

test.each<[string, Partial<Dependency>, string]>([
  ['its type', { type: 'related' }, 'depends on hm-b: blocks → related'],
  ['its metadata', { metadata: '{"gate":"all"}' }, 'depends on hm-b, metadata: {} → {"gate":"all"}'],
  ['its thread', { thread_id: 't1' }, 'depends on hm-b, thread_id: (none) → t1'],
])('of an edge that stayed, %s is told', (_, changed, line) => {
  const dependencies = { added: [], removed: [], modified: [{ before: edge, after: { ...edge, ...changed } }] };
  const diff: RevisionDiff = {
    from: { name: 'HEAD~1' },
    to: { name: 'HEAD' },
    issues: [{ id: 'hm-a', title: 'A', change: 'modified', fields: [], dependencies }],
    tables: [{ table: 'dependencies', added: 0, modified: 1, removed: 0, schema_changed: false }],
  };
  const lines = renderDiff(diff, (_style, text) => text, { stat: false }).split('\n');
  expect(lines.slice(0, 2)).toEqual(['~ hm-a A', `    ${line}`]);
});
