import { expect, test } from 'vitest';
import { legacyUuid } from '../../../../src/beads/migrate/legacy-uuid.ts';

const at = Date.UTC(2025, 10, 2, 10);

test('has the form of version 7 and begins with the time', () => {
  const uuid = legacyUuid(at, 17, ['comments', 'hm-a1']);
  expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt(uuid.slice(0, 13).replace('-', ''), 16)).toBe(at);
});

test('is the same for the same row, and another one for another row', () => {
  expect(legacyUuid(at, 17, ['comments', 'x'])).toBe(legacyUuid(at, 17, ['comments', 'x']));
  expect(legacyUuid(at, 17, ['comments', 'x'])).not.toBe(legacyUuid(at, 17, ['comments', 'y']));
  expect(legacyUuid(at, 17, ['comments', 'x'])).not.toBe(legacyUuid(at, 17, ['events', 'x']));
});

test('sorts as the rows were: by time, then by number', () => {
  const numbers = [0, 1, 2, 4095, 4096, 4097, 1_048_575, 1_048_576, 4_294_967_295];
  const uuids = [...numbers.map((number) => legacyUuid(at, number, [number])), legacyUuid(at + 1, 0, [])];
  expect([...uuids].sort()).toEqual(uuids);
});
