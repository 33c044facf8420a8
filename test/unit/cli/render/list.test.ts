import { expect, test } from 'vitest';
import type { ListedIssue } from '../../../../src/beads/query/listed.ts';
import { renderFlat, renderTree } from '../../../../src/cli/render/list.ts';
import { renderFormat } from '../../../../src/cli/render/list-formats.ts';
import { oneLine, printable } from '../../../../src/cli/render/marks.ts';
import { displayWidth } from '../../../../src/cli/render/width.ts';

const plain = (_format: unknown, text: string) => text;

function issue(id: string, fields: Partial<ListedIssue> = {}): ListedIssue {
  return {
    id,
    title: `Title of ${id}`,
    status: 'open',
    priority: 2,
    issue_type: 'task',
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-02T00:00:00Z',
    dependency_count: 0,
    dependent_count: 0,
    comment_count: 0,
    ...fields,
  };
}

test('a tree has children under their parents, in the order they were made', () => {
  const text = renderTree(
    [
      issue('hm-b', { issue_type: 'bug', priority: 0, status: 'in_progress' }),
      issue('hm-e.10', { parent: 'hm-e' }),
      issue('hm-e.2', { parent: 'hm-e' }),
      issue('hm-e.2.1', { parent: 'hm-e.2', status: 'closed' }),
      issue('hm-e', { issue_type: 'epic' }),
      issue('hm-o', { parent: 'hm-elsewhere' }),
    ],
    plain,
  );
  expect(text.split('\n')).toEqual([
    '◐ hm-b ● P0 [bug] Title of hm-b',
    '○ hm-e ● P2 [epic] Title of hm-e',
    '├── ○ hm-e.2 ● P2 Title of hm-e.2',
    '│   └── ✓ hm-e.2.1 ● P2 Title of hm-e.2.1',
    '└── ○ hm-e.10 ● P2 Title of hm-e.10',
    '○ hm-o ● P2 Title of hm-o',
    '',
    '-'.repeat(80),
    'Total: 6 issues (4 open, 1 in progress)',
    '',
    'Status: ○ open  ◐ in_progress  ● blocked  ✓ closed  ❄ deferred',
  ]);
});

test('a circle of parents is shown once, and an empty list is told', () => {
  const text = renderTree([issue('hm-a', { parent: 'hm-b' }), issue('hm-b', { parent: 'hm-a' })], plain);
  expect(text.split('\n').slice(0, 3)).toEqual(['○ hm-a ● P2 Title of hm-a', '└── ○ hm-b ● P2 Title of hm-b', '']);
  expect(renderTree([], plain)).toBe('No issues found.');
});

test('titles are cut to the terminal, never the marks', () => {
  const wide = issue('hm-w', { title: '日本語'.repeat(20), parent: 'hm-p' });
  const lines = renderTree([issue('hm-p'), wide], plain, 40).split('\n');
  expect(lines[1]).toMatch(/^└── ○ hm-w ● P2 日本語.*…$/);
  expect(displayWidth(lines[1] ?? '')).toBeLessThanOrEqual(40);
});

test('a flat line tells assignee, labels and links', () => {
  const links = new Map([['hm-a', { blockedBy: ['hm-c'], blocks: ['hm-b'] }]]);
  const first = issue('hm-a', { issue_type: 'bug', priority: 1, assignee: 'bob', labels: ['x', 'y'] });
  expect(renderFlat([first, issue('hm-k', { parent: 'hm-e' })], links, plain).split('\n')).toEqual([
    '● hm-a [● P1] [bug] @bob [x y] - Title of hm-a (blocked by: hm-c, blocks: hm-b)',
    '○ hm-k [● P2] [task] - Title of hm-k (parent: hm-e)',
  ]);
});

test('control characters of titles and texts do not reach the terminal', () => {
  expect(oneLine('a\n\u001b[31mb\u0007\u009bc')).toBe('a [31mb c');
  expect(printable('a\r\nb\u001b[2Jc\td')).toBe('a\nb�[2Jc\td');
});

test('formats for other programs', () => {
  const dependency = { issue_id: 'hm-a', depends_on_id: 'hm-b', type: 'blocks', created_at: '' };
  const issues = [issue('hm-a', { title: 'Say "hi"', dependencies: [dependency] }), issue('hm-b')];
  expect(renderFormat(issues, 'digraph')).toBe('hm-a\nhm-a hm-b\nhm-b');
  expect(renderFormat(issues, 'dot')).toContain('"hm-a" [label="hm-a\\nSay \\"hi\\"", shape=box];');
  expect(renderFormat(issues, 'dot')).toContain('"hm-a" -> "hm-b" [label="blocks"];');
  expect(renderFormat(issues, '{{.ID}} {{ .IssueType }} {{.Assignee}}|')).toBe('hm-a task |\nhm-b task |');
  expect(() => renderFormat(issues, '{{if .ID}}')).toThrow(expect.objectContaining({ code: 'VALIDATION' }));
  expect(() => renderFormat(issues, 'yaml')).toThrow(expect.objectContaining({ code: 'VALIDATION' }));
});
