import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveId, resolveIds } from '../../../src/beads/ids/resolve.ts';
import { createIssue } from '../../../src/beads/operations/create.ts';
import { planDelete } from '../../../src/beads/operations/delete.ts';
import { AppError } from '../../../src/errors.ts';
import { type BeadsUnderTest, makeBeads } from './beads-under-test.ts';

describe('ids as people type them', () => {
  let beads: BeadsUnderTest;
  const ids = ['hm-abc', 'hm-abd', 'hm-x', 'hm-xy', 'hm-abc.1', 'hm-q_1', 'zz-far', 'zz-x'];

  beforeAll(async () => {
    beads = await makeBeads('server');
    for (const id of ids) await createIssue(beads.ctx, { title: id, id, force: true });
    await createIssue(beads.ctx, { title: 'w', id: 'hm-wisp-w7', ephemeral: true });
  });

  afterAll(() => beads?.dispose());

  const resolve = async (input: string) => {
    const [found] = await resolveIds(beads.ctx.db, [input]);
    return found instanceof AppError ? found.message : found?.id;
  };

  test.each([
    ['hm-abc', 'hm-abc'],
    ['abc', 'hm-abc'],
    ['abd', 'hm-abd'],
    ['bd', 'hm-abd'],
    ['hm-bd', 'hm-abd'],
    ['abc.1', 'hm-abc.1'],
    ['far', 'zz-far'],
    ['zz-x', 'zz-x'],
    ['w7', 'hm-wisp-w7'],
    ['wisp-w7', 'hm-wisp-w7'],
    ['q_', 'hm-q_1'],
    // The database's own prefix wins over an equal suffix of another one.
    ['x', 'hm-x'],
  ])('%s is %s', async (input, id) => {
    expect(await resolve(input)).toBe(id);
  });

  test.each([
    ['nope', 'no issue found matching "nope"'],
    ['zz-nope', 'no issue found matching "zz-nope"'],
    ['', 'no issue found matching ""'],
    ['%', 'no issue found matching "%"'],
    ["a' OR '1'='1", "no issue found matching \"a' OR '1'='1\""],
    ['ab', 'ambiguous ID "ab" matches 3 issues: [hm-abc hm-abc.1 hm-abd]\nUse more characters to disambiguate'],
    ['hm-', 'no issue found matching "hm-"'],
  ])('%j is not found: %s', async (input, message) => {
    expect(await resolve(input)).toBe(message);
  });

  test('also where a fresh clone lacks the tables of wisps', async () => {
    const clone = await makeBeads('server');
    try {
      const { id } = await createIssue(clone.ctx, { title: 'T' });
      for (const table of ['wisps', 'wisp_dependencies']) await clone.ctx.db.execute(`DROP TABLE ${table}`);
      expect((await resolveId(clone.ctx.db, id)).id).toBe(id);
      await expect(resolveId(clone.ctx.db, 'nope')).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect((await planDelete(clone.ctx, [id])).issues).toHaveLength(1);
    } finally {
      await clone.dispose();
    }
  });

  test('several at once, in order, each with its own answer', async () => {
    const found = await resolveIds(beads.ctx.db, ['abd', 'nope', 'hm-abc', 'abd']);
    expect(found.map((each) => (each instanceof AppError ? each.code : each.id))).toEqual([
      'hm-abd',
      'NOT_FOUND',
      'hm-abc',
      'hm-abd',
    ]);
    await expect(resolveId(beads.ctx.db, 'ab')).rejects.toMatchObject({ code: 'VALIDATION' });
  });
});
