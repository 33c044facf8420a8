import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findCycles } from '../../../../src/beads/query/cycles.ts';

test('a circle is told once, shortest way, smallest id first', () => {
  const edges = new Map([
    ['b', ['c', 'a']],
    ['c', ['d']],
    ['d', ['b']],
    ['a', ['b']],
    ['x', ['x']],
    ['e', ['a']],
  ]);
  expect(findCycles(edges)).toEqual([['a', 'b'], ['x']]);
});

test('a chain of twenty thousand is no problem', () => {
  const count = 20_000;
  const edges = new Map(Array.from({ length: count }, (_, index) => [`${index}`, [`${index + 1}`]]));
  expect(findCycles(edges)).toEqual([]);
  edges.set(`${count}`, ['0']);
  expect(findCycles(edges)[0]).toHaveLength(count + 1);
});

test('circles are found exactly where an issue reaches itself', () => {
  const graph = fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 20 });
  fc.assert(
    fc.property(graph, (pairs) => {
      const edges = new Map<string, string[]>();
      for (const [from, to] of pairs) edges.set(`${from}`, [...(edges.get(`${from}`) ?? []), `${to}`]);
      const cycles = findCycles(edges);
      for (const cycle of cycles) {
        cycle.forEach((id, index) => {
          expect(edges.get(id)).toContain(cycle[(index + 1) % cycle.length]);
        });
        expect(new Set(cycle).size).toBe(cycle.length);
      }
      const selfReaching = [...edges.keys()].filter((id) => reachable(edges, id).has(id));
      const reachedByCycles = new Set(cycles.flatMap(([first = '']) => component(edges, first)));
      expect([...reachedByCycles].sort()).toEqual(selfReaching.sort());
      expect(cycles.length).toBe(new Set(selfReaching.map((id) => component(edges, id).join())).size);
    }),
  );
});

function reachable(edges: ReadonlyMap<string, string[]>, from: string): Set<string> {
  const seen = new Set<string>();
  const visit = (id: string) => {
    for (const next of edges.get(id) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      visit(next);
    }
  };
  visit(from);
  return seen;
}

function component(edges: ReadonlyMap<string, string[]>, id: string): string[] {
  return [...reachable(edges, id)].filter((other) => reachable(edges, other).has(id)).sort();
}
