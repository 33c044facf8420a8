import { describe, expect, it } from 'vitest';
import { parseBatch } from '../../../../src/beads/operations/batch-script.ts';
import { parseDependencySpec } from '../../../../src/beads/operations/dependency-spec.ts';
import { parseGraphPlan } from '../../../../src/beads/operations/graph-plan.ts';
import { parseMarkdownIssues } from '../../../../src/beads/operations/markdown-issues.ts';
import { markDeleted } from '../../../../src/beads/operations/text-references.ts';
import { commitMessage } from '../../../../src/beads/write/commit-message.ts';
import { eventJson } from '../../../../src/beads/write/events.ts';

describe('dependencies of a new issue', () => {
  it.each([
    ['hm-a1', { type: 'blocks', id: 'hm-a1' }],
    ['blocked-by:hm-a1', { type: 'blocks', id: 'hm-a1' }],
    ['depends-on: hm-a1', { type: 'blocks', id: 'hm-a1' }],
    ['blocks:hm-a1', { type: 'blocks', id: 'hm-a1', inverted: true }],
    ['discovered-from:hm-a1', { type: 'discovered-from', id: 'hm-a1' }],
    ['external:other:cap', { type: 'blocks', id: 'external:other:cap' }],
    ['related:external:other:cap', { type: 'related', id: 'external:other:cap' }],
  ])('%s', (spec, expected) => {
    expect(parseDependencySpec(spec)).toEqual(expected);
  });

  it.each(['', 'blocks:', ':hm-a1'])('refuses "%s"', (spec) => {
    expect(() => parseDependencySpec(spec)).toThrow('invalid dependency');
  });
});

describe('issues from Markdown', () => {
  it('have their sections as fields', () => {
    const text = `# Plan

Not part of an issue.

## Fix login
It fails.

\`\`\`md
## not a title
### Priority
\`\`\`

### Priority
P0
### Type
bug
### Labels
- ui, api
- late
### Acceptance Criteria
- works
### Environment
staging
### Dependencies
hm-a1, discovered-from:hm-b2

##   Second\u0020
`;
    expect(parseMarkdownIssues(text)).toEqual([
      {
        title: 'Fix login',
        description: 'It fails.\n\n```md\n## not a title\n### Priority\n```\n\n### Environment\nstaging',
        priority: 0,
        issue_type: 'bug',
        labels: ['ui', 'api', 'late'],
        acceptance_criteria: '- works',
        dependencies: [
          { type: 'blocks', id: 'hm-a1' },
          { type: 'discovered-from', id: 'hm-b2' },
        ],
      },
      { title: 'Second' },
    ]);
  });

  it('name the line of what is wrong', () => {
    expect(() => parseMarkdownIssues('## A\n\n### Priority\nhigh\n')).toThrow('line 3: invalid priority "high"');
    expect(() => parseMarkdownIssues('# A\ntext')).toThrow('no issues found in markdown file');
  });
});

describe('a graph plan', () => {
  const node = { key: 'a', title: 'A' };

  it('is read, with a warning for what it does not know', () => {
    const plan = parseGraphPlan(
      JSON.stringify({
        commit_message: 'plan',
        nodes: [
          { ...node, parent: 'x', priority: null },
          { key: 'b', title: 'B', parent_key: 'a', metadata_refs: { of: 'a' } },
        ],
        edges: [{ from_key: 'b', to_id: 'hm-1', type: 'related' }],
      }),
    );
    expect(plan).toEqual({
      commit_message: 'plan',
      nodes: [node, { key: 'b', title: 'B', parent_key: 'a', metadata_refs: { of: 'a' } }],
      edges: [{ from_key: 'b', to_id: 'hm-1', type: 'related' }],
      warnings: ['graph plan: node 0 has an unknown field "parent", which is left out'],
    });
  });

  it.each([
    ['{', 'it is not JSON'],
    ['[]', 'plan is not an object'],
    [JSON.stringify({ nodes: [] }), 'plan has no nodes'],
    [JSON.stringify({ nodes: [{ title: 'x' }] }), 'node 0 has empty key'],
    [JSON.stringify({ nodes: [node, node] }), 'duplicate node key "a"'],
    [JSON.stringify({ nodes: [{ ...node, priority: '1' }] }), 'node 0: "priority" must be of type number'],
    [JSON.stringify({ nodes: [{ ...node, parent_key: 'z' }] }), 'node "a": parent key "z" not found in plan'],
    [JSON.stringify({ nodes: [node], edges: [{ from_key: 'a' }] }), 'edge 0: must specify to_key or to_id'],
    [
      JSON.stringify({ nodes: [node], edges: [{ from_key: 'z', to_key: 'a' }] }),
      'edge 0: from key "z" not found in plan',
    ],
  ])('%s is refused', (json, message) => {
    expect(() => parseGraphPlan(json)).toThrow(`invalid graph plan: ${message}`);
  });
});

describe('a batch', () => {
  it('has one operation on a line', () => {
    const script = `# comment

close hm-1 done in batch
update hm-2 status=in_progress priority=P1 title="two words" notes='as is' defer=
create bug 0 It's "quoted"
create task 2 "Keep  blanks"
dep add hm-3 hm-2 related
dep remove hm-3 hm-2
claim hm-4
label add hm-4 ui
comment hm-4 hello world
reopen hm-1
`;
    expect(parseBatch(script, new Date()).map(({ line: _line, ...operation }) => operation)).toEqual([
      { verb: 'close', id: 'hm-1', reason: 'done in batch' },
      {
        verb: 'update',
        id: 'hm-2',
        changes: { status: 'in_progress', priority: 1, title: 'two words', notes: 'as is', defer_until: null },
      },
      { verb: 'create', issue: { issue_type: 'bug', priority: 0, title: "It's quoted" } },
      { verb: 'create', issue: { issue_type: 'task', priority: 2, title: 'Keep  blanks' } },
      { verb: 'dep add', issue: 'hm-3', dependsOn: 'hm-2', type: 'related' },
      { verb: 'dep remove', issue: 'hm-3', dependsOn: 'hm-2' },
      { verb: 'claim', id: 'hm-4' },
      { verb: 'label add', id: 'hm-4', label: 'ui' },
      { verb: 'comment', id: 'hm-4', text: 'hello world' },
      { verb: 'reopen', id: 'hm-1', reason: '' },
    ]);
  });

  it.each([
    ['close hm-1 x\nshow hm-1', 'line 2: unsupported batch command "show"'],
    ['close', 'line 1: close lacks an id'],
    ['\ncreate task high X', 'line 2: invalid priority "high"'],
    ['create task 1', 'line 1: create lacks a title'],
    ['update hm-1 foo', 'line 1: "foo" is not KEY=VALUE'],
    ['update hm-1 foo=1', 'line 1: unknown key "foo"'],
    ['update hm-1 constructor=1', 'line 1: unknown key "constructor"'],
    ['create task 1 "open', 'line 1: a quote (") is not closed'],
  ])('%j is refused', (script, message) => {
    expect(() => parseBatch(script, new Date())).toThrow(message);
  });
});

describe('mentions of deleted issues', () => {
  it.each([
    ['see hm-a1.', 'see [deleted:hm-a1].'],
    ['(hm-a1) hm-a1', '([deleted:hm-a1]) [deleted:hm-a1]'],
    ['hm-a12 hm-a1.1 x-hm-a1 hm-a1-b hm-a1x', 'hm-a12 hm-a1.1 x-hm-a1 hm-a1-b hm-a1x'],
    ['[deleted:hm-a1]', '[deleted:hm-a1]'],
    ['hm-a1.2 and hm-a1', '[deleted:hm-a1.2] and [deleted:hm-a1]'],
  ])('%s', (text, expected) => {
    const ids = expected.includes('hm-a1.2') ? ['hm-a1', 'hm-a1.2'] : ['hm-a1'];
    expect(markDeleted(text, ids)).toBe(expected);
  });
});

describe('the message of a Dolt commit', () => {
  it('says what was done to what by whom', () => {
    expect(commitMessage([{ verb: 'create', objects: ['hm-1'] }], 'alice')).toBe('bd: create hm-1 by alice');
    expect(commitMessage([{ verb: 'dependency: add blocks', objects: ['hm-1 -> hm-2'] }], 'bob')).toBe(
      'dependency: add blocks hm-1 -> hm-2 by bob',
    );
    const deeds = [
      { verb: 'close', objects: ['hm-1'] },
      { verb: 'create', objects: ['hm-2'] },
      { verb: 'close', objects: ['hm-3', 'hm-1'] },
    ];
    expect(commitMessage(deeds, 'alice', 'batch')).toBe('bd: batch: close hm-1 hm-3, create hm-2 by alice');
    const many = Array.from({ length: 25 }, (_, index) => `hm-${index}`);
    expect(commitMessage([{ verb: 'close', objects: many }], 'a')).toMatch(/hm-19 and 5 more by a$/);
  });
});

describe('the JSON of an event', () => {
  it('always fits its column', () => {
    const long = '\u0001'.repeat(65_535);
    const json = eventJson({ title: 'T', description: long, notes: 'short', design: long });
    expect(Buffer.byteLength(json)).toBeLessThanOrEqual(65_535);
    expect(JSON.parse(json)).toMatchObject({ title: 'T', notes: 'short' });
  });
});
