import { expect, test } from 'vitest';
import { asksForAll, filterOf } from '../../../src/cli/filter-flags.ts';

const now = new Date('2026-06-01T12:00:00Z');

test('flags that were not given are no part of the filter', () => {
  expect(filterOf({}, now)).toEqual({});
  expect(filterOf({ deferred: false, 'no-labels': false, pinned: false, 'no-pinned': false }, now)).toEqual({});
});

test('each flag is the part of the filter that it names', () => {
  expect(
    filterOf(
      {
        status: ['open', 'closed'],
        priority: 'P1',
        'priority-max': '3',
        title: 'a',
        'title-contains': 'b',
        'created-after': '-1d',
        'due-before': '2026-07-01T00:00:00Z',
        'no-pinned': true,
        'metadata-field': ['k=v=w'],
        'no-assignee': true,
      },
      now,
    ),
  ).toEqual({
    statuses: ['open', 'closed'],
    priorities: [1],
    priorityMax: 3,
    titleContains: ['a', 'b'],
    created: { after: new Date('2026-05-31T12:00:00Z') },
    due: { before: new Date('2026-07-01T00:00:00Z') },
    pinned: false,
    metadata: [{ key: 'k', value: 'v=w' }],
    unassigned: true,
  });
});

test('--status all asks for every status', () => {
  expect(asksForAll({ status: ['ALL'] })).toBe(true);
  expect(filterOf({ status: ['all'] }, now)).toEqual({});
});

test.each([
  [{ priority: 'high' }, /^invalid priority "high"/],
  [{ 'created-after': 'soon' }, /^"soon" is not a date/],
  [{ 'metadata-field': ['=v'] }, /is not KEY=VALUE/],
])('%j cannot be read', (flags, message) => {
  expect(() => filterOf(flags, now)).toThrow(
    expect.objectContaining({ code: 'VALIDATION', message: expect.stringMatching(message) }),
  );
});
