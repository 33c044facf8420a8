import { expect, test } from 'vitest';
import { timedUuid } from '../../../../src/beads/transfer/timed-uuid.ts';

test('a UUID of version 7 that begins with the time, and is another one each time', () => {
  const at = new Date('2026-03-01T12:00:00.123Z');
  const ids = Array.from({ length: 1_000 }, () => timedUuid(at));
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(at.getTime());
  }
  expect(timedUuid(new Date(at.getTime() + 1)) > (ids.toSorted().at(-1) ?? '')).toBe(true);
});
