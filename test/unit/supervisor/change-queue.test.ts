import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ChangeQueue } from '../../../src/supervisor/change-queue.ts';

describe('the queue of a rig’s changes', () => {
  test('runs one after the other, in the order of asking, failures included', async () => {
    const changes = new ChangeQueue();
    const seen: string[] = [];
    const work = (name: string, ms: number) => async () => {
      seen.push(`${name} begins`);
      await delay(ms);
      seen.push(`${name} ends`);
      if (name === 'two') throw new Error('two fails');
      return name;
    };
    const results = await Promise.allSettled([
      ...[changes.run(work('one', 20)), changes.run(work('two', 5)), changes.run(work('three', 0))],
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(seen).toEqual(['one begins', 'one ends', 'two begins', 'two ends', 'three begins', 'three ends']);
    expect(changes.busy).toBe(false);
  });

  test('an interruption concerns what runs and what waits, and nothing that comes later', async () => {
    const changes = new ChangeQueue();
    const aborted: [string, boolean][] = [];
    const note = (name: string) => async (signal: AbortSignal) => {
      await delay(5);
      aborted.push([name, signal.aborted]);
    };
    void changes.run(note('runs'));
    void changes.run(note('waits'));
    changes.interrupt();
    void changes.run(note('later'));
    expect(changes.busy).toBe(true);
    await changes.settled();
    expect(aborted).toEqual([
      ['runs', true],
      ['waits', true],
      ['later', false],
    ]);
  });
});
