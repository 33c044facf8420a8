import { expect, test } from 'vitest';
import type { ListedIssue } from '../../../../src/beads/query/listed.ts';
import { renderFlat } from '../../../../src/cli/render/list.ts';
import { renderSearch } from '../../../../src/cli/render/search.ts';
import { renderUpdated } from '../../../../src/cli/render-writes.ts';

const issue: ListedIssue = {
  id: 'hm-a1',
  title: 'First\nsecond',
  status: 'open',
  priority: 2,
  issue_type: 'task',
  assignee: 'x\ny',
  labels: ['l1\nl2', 'm'],
  created_at: '2026-01-31T12:00:00Z',
  updated_at: '2026-01-31T12:00:00Z',
  dependency_count: 0,
  dependent_count: 0,
  comment_count: 0,
};
const plain = (_format: unknown, text: string) => text;

test('an issue is one line, whatever line breaks its words have', () => {
  const lines = renderFlat([issue], new Map(), plain).split('\n');
  expect(lines.filter((line) => line.includes('hm-a1'))).toEqual([
    expect.stringMatching(/@x y \[l1 l2 m\] - First second$/),
  ]);
  expect(renderSearch('x', [issue], false, plain).split('\n')).toHaveLength(2);
  expect(renderUpdated([issue], plain)).toBe('✓ Updated issue: hm-a1 — First second');
});
