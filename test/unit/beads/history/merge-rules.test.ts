import { describe, expect, test } from 'vitest';
import { type ConflictRow, decideRow } from '../../../../src/beads/history/merge-rules.ts';
import type { Row } from '../../../../src/database/types.ts';

const BASE = { id: 'hm-a1', title: 'T', status: 'open', priority: 2, updated_at: '2026-01-01 00:00:00' };

describe('an issue that both changed', () => {
  test('takes from each side what only this side changed', () => {
    const row = modified({ title: 'ours' }, { priority: 0, assignee: 'bob' });
    expect(decideRow(row, undefined)).toEqual({ kind: 'columns', theirs: ['priority', 'assignee'], open: [] });
  });

  test('takes the later time of change', () => {
    const row = modified({ updated_at: '2026-01-02 00:00:00' }, { updated_at: '2026-01-03 00:00:00' });
    expect(decideRow(row, 'ours')).toEqual({ kind: 'columns', theirs: ['updated_at'], open: [] });
    expect(decideRow(turned(row), 'theirs')).toEqual({ kind: 'columns', theirs: [], open: [] });
  });

  test('leaves open what both changed, and gives it to the strategy', () => {
    const row = modified({ title: 'ours', priority: 1 }, { title: 'theirs', priority: 1 });
    expect(decideRow(row, undefined)).toMatchObject({ open: ['title'] });
    expect(decideRow(row, 'ours')).toEqual({ kind: 'columns', theirs: [], open: [] });
    expect(decideRow(row, 'theirs')).toEqual({ kind: 'columns', theirs: ['title'], open: [] });
  });

  test('sees a field that one side cleared', () => {
    const row = { ...modified({}, {}), base: { ...BASE, assignee: 'bob' } };
    const cleared: ConflictRow = { ...row, rows: { ours: { ...BASE, assignee: 'carol' }, theirs: BASE } };
    expect(decideRow(cleared, undefined)).toMatchObject({ open: ['assignee'] });
    expect(decideRow(cleared, 'theirs')).toMatchObject({ theirs: ['assignee'] });
  });

  test('moves what belongs to a status along with it', () => {
    const closed = { status: 'closed', closed_at: '2026-01-02 00:00:00', close_reason: 'Done' };
    const row = modified({ status: 'in_progress' }, closed);
    expect(decideRow(row, undefined)).toMatchObject({ open: ['status'] });
    expect(decideRow(row, 'ours')).toEqual({ kind: 'columns', theirs: [], open: [] });
    expect(decideRow(row, 'theirs')).toMatchObject({ theirs: ['status', 'closed_at', 'close_reason'] });
  });

  test('takes the earlier close, with its session, and asks about another reason', () => {
    const close = (at: string, session: string, reason: string) => ({
      status: 'closed',
      closed_at: at,
      closed_by_session: session,
      close_reason: reason,
    });
    const row = modified(close('2026-01-03 00:00:00', 's1', 'Done'), close('2026-01-02 00:00:00', 's2', 'Dropped'));
    expect(decideRow(row, undefined)).toEqual({
      kind: 'columns',
      theirs: ['closed_at', 'closed_by_session'],
      open: ['close_reason'],
    });
  });
});

test('a row that one side removed is a matter of the strategy', () => {
  const row: ConflictRow = {
    table: 'config',
    changes: { ours: 'removed', theirs: 'modified' },
    base: { key: 'a', value: '1' },
    rows: { theirs: { key: 'a', value: '2' } },
  };
  expect(decideRow(row, undefined)).toEqual({ kind: 'row', take: undefined });
  expect(decideRow(row, 'theirs')).toEqual({ kind: 'row', take: 'theirs' });
});

test('rows that both added are not mixed, unless only bookkeeping differs', () => {
  const added = (ours: Row, theirs: Row): ConflictRow => ({
    table: 'dependencies',
    changes: { ours: 'added', theirs: 'added' },
    base: undefined,
    rows: { ours, theirs },
  });
  const edge = {
    issue_id: 'a',
    depends_on_id: 'b',
    type: 'blocks',
    created_by: 'x',
    created_at: '2026-01-02 00:00:00',
  };
  const earlier = { ...edge, created_by: 'y', created_at: '2026-01-01 00:00:00' };
  expect(decideRow(added(edge, earlier), undefined)).toMatchObject({ theirs: ['created_by', 'created_at'], open: [] });
  const other = { ...earlier, type: 'related' };
  expect(decideRow(added(edge, other), undefined)).toMatchObject({ open: ['type'] });
  expect(decideRow(added(edge, other), 'theirs')).toMatchObject({ theirs: ['type', 'created_by', 'created_at'] });
  expect(decideRow(added(edge, other), 'ours')).toMatchObject({ theirs: [], open: [] });
});

test('counters take the greater number', () => {
  const row: ConflictRow = {
    table: 'child_counters',
    changes: { ours: 'modified', theirs: 'modified' },
    base: { parent_id: 'a', last_child: 1 },
    rows: { ours: { parent_id: 'a', last_child: 9 }, theirs: { parent_id: 'a', last_child: 10 } },
  };
  expect(decideRow(row, undefined)).toEqual({ kind: 'columns', theirs: ['last_child'], open: [] });
});

test('the identity of a project is no bookkeeping', () => {
  const row = (key: string): ConflictRow => ({
    table: 'metadata',
    changes: { ours: 'modified', theirs: 'modified' },
    base: { key, value: '0' },
    rows: { ours: { key, value: '1' }, theirs: { key, value: '2' } },
  });
  expect(decideRow(row('_project_id'), undefined)).toMatchObject({ open: ['value'] });
  expect(decideRow(row('clone_id'), undefined)).toMatchObject({ theirs: [], open: [] });
  expect(decideRow(row('last_sync_peer'), undefined)).toMatchObject({ theirs: ['value'], open: [] });
});

function modified(ours: Row, theirs: Row): ConflictRow {
  return {
    table: 'issues',
    changes: { ours: 'modified', theirs: 'modified' },
    base: BASE,
    rows: { ours: { ...BASE, ...ours }, theirs: { ...BASE, ...theirs } },
  };
}

/** The same conflict as the other side sees it. */
function turned(row: ConflictRow): ConflictRow {
  const { ours, theirs } = row.rows;
  return { ...row, rows: { ...(theirs ? { ours: theirs } : {}), ...(ours ? { theirs: ours } : {}) } };
}
