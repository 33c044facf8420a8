import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createIssue, createIssues } from '../../../src/beads/operations/create.ts';
import {
  addDependencies,
  type NewDependency,
  relateIssues,
  removeDependency,
} from '../../../src/beads/operations/dependencies.ts';
import { AppError } from '../../../src/errors.ts';
import { type BeadsUnderTest, contextOf, DRIVERS, makeBeads } from './beads-under-test.ts';

describe.each(DRIVERS)('dependencies, %s', (mode) => {
  let beads: BeadsUnderTest;
  let ctx: BeadsUnderTest['ctx'];

  beforeAll(async () => {
    beads = await makeBeads(mode);
    ctx = beads.ctx;
  });

  afterAll(() => beads?.dispose());

  const make = async (count: number, type = 'task'): Promise<string[]> =>
    (
      await createIssues(
        ctx,
        Array.from({ length: count }, (_, index) => ({ title: `I${index}`, issue_type: type })),
      )
    ).map(({ id }) => id);
  const edgesOf = async (id: string) =>
    (
      await ctx.db.query('SELECT depends_on_id, type FROM dependencies WHERE issue_id = ? ORDER BY depends_on_id', [id])
    ).map((row) => [row['depends_on_id'], row['type']]);

  test('are added once, and again without harm', async () => {
    const [a = '', b = ''] = await make(2);
    const [first] = await addDependencies(ctx, [{ issue: a, dependsOn: b, threadId: 't', metadata: { x: 1 } }]);
    expect(first).toMatchObject({ issue: { id: a, title: 'I0' }, dependsOn: { id: b }, type: 'blocks', changed: true });
    const [again] = await addDependencies(ctx, [{ issue: a, dependsOn: b }]);
    expect(again?.changed).toBe(false);
    expect(await ctx.db.query('SELECT * FROM dependencies WHERE issue_id = ?', [a])).toMatchObject([
      { depends_on_id: b, type: 'blocks', created_by: 'alice', thread_id: 't', metadata: { x: 1 } },
    ]);
    await expect(addDependencies(ctx, [{ issue: a, dependsOn: b, type: 'related' }])).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
      message: `dependency ${a} -> ${b} already exists with type "blocks" (requested "related"); remove it first with 'bd dep remove' then re-add`,
    });
    expect((await removeDependency(ctx, a, b)).changed).toBe(true);
    expect((await removeDependency(ctx, a, b)).changed).toBe(false);
    expect(await edgesOf(a)).toEqual([]);
  });

  test('may point to other projects', async () => {
    const [a = ''] = await make(1);
    await addDependencies(ctx, [
      { issue: a, dependsOn: 'external:other:thing' },
      { issue: a, dependsOn: 'zz-far', type: 'related' },
    ]);
    expect(await edgesOf(a)).toEqual([
      ['external:other:thing', 'blocks'],
      ['zz-far', 'related'],
    ]);
    await removeDependency(ctx, a, 'external:other:thing');
    expect(await edgesOf(a)).toEqual([['zz-far', 'related']]);
  });

  test('are refused where they make no sense, all or none of them', async () => {
    const [a = '', b = ''] = await make(2);
    const [epic = ''] = await make(1, 'epic');
    const child = await createIssue(ctx, { title: 'Kid', parent: a });
    const tries: [NewDependency, string][] = [
      [{ issue: a, dependsOn: a }, `cannot add self-dependency: ${a} cannot depend on itself`],
      [{ issue: epic, dependsOn: b }, 'tasks can only block other tasks, not epics'],
      [{ issue: b, dependsOn: epic }, 'epics can only block other epics, not tasks'],
      [{ issue: child.id, dependsOn: a }, `cannot add dependency: ${child.id} is already a child of ${a}`],
      [{ issue: 'hm-nope', dependsOn: a }, 'resolving issue ID hm-nope: no issue found matching "hm-nope"'],
      [{ issue: a, dependsOn: 'hm-nope' }, 'resolving dependency ID hm-nope: no issue found matching "hm-nope"'],
      [{ issue: a, dependsOn: b, type: 'x'.repeat(33) }, 'invalid dependency type'],
    ];
    for (const [dependency, message] of tries) {
      await expect(addDependencies(ctx, [{ issue: b, dependsOn: a, type: 'tracks' }, dependency])).rejects.toThrow(
        message,
      );
    }
    expect(await edgesOf(b)).toEqual([]);
  });

  test('form no cycle, also over several steps and within one call', async () => {
    const ids = await make(5);
    const edge = (from: number, to: number, type = 'blocks') => ({
      issue: ids[from] ?? '',
      dependsOn: ids[to] ?? '',
      type,
    });
    await addDependencies(ctx, [edge(0, 1), edge(1, 2, 'conditional-blocks'), edge(2, 3)]);
    await expect(addDependencies(ctx, [edge(3, 0)])).rejects.toThrow('adding dependency would create a cycle');
    await expect(addDependencies(ctx, [edge(3, 4), edge(4, 0)])).rejects.toThrow('would create a cycle');
    expect(await edgesOf(ids[3] ?? '')).toEqual([]);
    // Links for people hold nothing back, so they may go in circles.
    await addDependencies(ctx, [edge(3, 0, 'related')]);
    await removeDependency(ctx, ids[3] ?? '', ids[0] ?? '');
    await addDependencies(ctx, [edge(3, 0)], { checkCycles: false });
  });

  test('two writers cannot close a cycle together', async () => {
    const others = await Promise.all([beads.driver.open(), beads.driver.open()]);
    try {
      for (let round = 0; round < 5; round += 1) {
        const [a = '', b = '', c = ''] = await make(3);
        const results = await Promise.all([
          addDependencies(contextOf(others[0] ?? ctx.db), [{ issue: a, dependsOn: b }]).catch(
            (error: unknown) => error,
          ),
          addDependencies(contextOf(others[1] ?? ctx.db), [
            { issue: b, dependsOn: c },
            { issue: c, dependsOn: a },
          ]).catch((error: unknown) => error),
        ]);
        const refused = results.filter((result) => result instanceof AppError);
        expect(refused.map((error) => error.message)).toEqual(['adding dependency would create a cycle']);
      }
    } finally {
      await Promise.all(others.map((db) => db.close()));
    }
  });

  test('of wisps lie with the wisps', async () => {
    const [a = ''] = await make(1);
    const wisp = await createIssue(ctx, { title: 'W', ephemeral: true });
    await addDependencies(ctx, [
      { issue: wisp.id, dependsOn: a },
      { issue: a, dependsOn: wisp.id, type: 'related' },
    ]);
    await expect(
      (async () => {
        await removeDependency(ctx, a, wisp.id);
        await addDependencies(ctx, [{ issue: a, dependsOn: wisp.id }]);
      })(),
    ).rejects.toThrow('would create a cycle');
    expect(await ctx.db.query('SELECT depends_on_id FROM wisp_dependencies WHERE issue_id = ?', [wisp.id])).toEqual([
      { depends_on_id: a },
    ]);
  });

  test('relate and unrelate go both ways', async () => {
    const [a = '', b = ''] = await make(2);
    expect((await relateIssues(ctx, a, b)).changed).toBe(true);
    expect(await edgesOf(a)).toEqual([[b, 'relates-to']]);
    expect(await edgesOf(b)).toEqual([[a, 'relates-to']]);
    expect((await relateIssues(ctx, b, a)).changed).toBe(false);
    expect((await relateIssues(ctx, b, a, { remove: true })).changed).toBe(true);
    expect([...(await edgesOf(a)), ...(await edgesOf(b))]).toEqual([]);
  });
});
