import { expect, test } from 'vitest';
import { createFairQueue } from '../../../src/database/fair-queue.ts';

test('lets so many in, and the others in the order of asking', async () => {
  const queue = createFairQueue(2);
  const order: number[] = [];
  let inside = 0;
  await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const leave = await queue.enter(60_000);
      inside += 1;
      expect(inside).toBeLessThanOrEqual(2);
      order.push(index);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      leave?.();
      leave?.();
    }),
  );
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect([queue.inside, queue.waiting]).toEqual([0, 0]);
});

test('who waits in vain gets nothing and takes no place', async () => {
  const queue = createFairQueue();
  const leave = await queue.enter(0);
  expect(await queue.enter(1)).toBeUndefined();
  expect(queue.waiting).toBe(0);
  leave?.();
  expect(queue.inside).toBe(0);
});
