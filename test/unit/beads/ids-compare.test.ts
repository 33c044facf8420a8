import { expect, test } from 'vitest';
import { compareIds } from '../../../src/beads/ids/compare.ts';

test('children come in the order they were made', () => {
  const ids = ['hm-e1.10', 'hm-e1.2', 'hm-e1', 'hm-b', 'hm-e1.2.1', 'hm-a.1'];
  expect(ids.sort(compareIds)).toEqual(['hm-a.1', 'hm-b', 'hm-e1', 'hm-e1.2', 'hm-e1.2.1', 'hm-e1.10']);
});
