import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportIssues } from '../../../src/beads/transfer/export.ts';
import { type BeadsDatabase, insertObjects, makeBeadsDatabase } from '../../helpers/beads-database.ts';
import { DRIVERS } from '../database/drivers.ts';

describe.each(DRIVERS)('export, %s', (mode) => {
  let beads: BeadsDatabase;

  beforeAll(async () => {
    beads = await makeBeadsDatabase(mode);
  });

  afterAll(() => beads?.dispose());

  test('has every issue once and in order, where there are more than are looked for at once', async () => {
    // Many were made in the same second, so that ids decide where one part ends and the next begins.
    const rows = Array.from({ length: 12_000 }, (_, index) => {
      const created = `2026-01-01 00:00:0${index % 3}`;
      const texts = { description: '', design: '', acceptance_criteria: '', notes: '' };
      const id = `hm-${((index * 7919) % 12_000).toString(36).padStart(4, '0')}`;
      return { id, title: 'T', priority: index % 2, created_at: created, updated_at: created, ...texts };
    });
    const wisps = rows.filter((_, index) => index % 7 === 0);
    for (let at = 0; at < rows.length; at += 1_000) {
      const page = rows.slice(at, at + 1_000);
      await insertObjects(
        beads.db,
        'issues',
        page.filter((row) => !wisps.includes(row)),
      );
      await insertObjects(
        beads.db,
        'wisps',
        page.filter((row) => wisps.includes(row)).map((row) => ({ ...row, ephemeral: 1 })),
      );
    }
    const found: string[] = [];
    const sizes: number[] = [];
    const done = await exportIssues(beads.context(), { includeInfra: true }, async ({ text, issues }) => {
      sizes.push(issues);
      for (const line of text.trimEnd().split('\n')) found.push(String(JSON.parse(line).id));
    });
    const inOrder = rows.toSorted(
      (a, b) =>
        a.priority - b.priority ||
        (a.created_at > b.created_at ? -1 : a.created_at < b.created_at ? 1 : a.id < b.id ? -1 : 1),
    );
    expect(done).toEqual({ issues: rows.length, memories: 0 });
    expect(found).toEqual(inOrder.map(({ id }) => id));
    expect(Math.max(...sizes)).toBe(1_000);
  });

  test('reads few issues at once where their texts are long', async () => {
    await beads.clear();
    const description = 'x'.repeat(1024 * 1024);
    const rows = Array.from({ length: 54 }, (_, index) => ({
      id: `hm-${index}`,
      title: 'T',
      description,
      design: '',
      acceptance_criteria: '',
      notes: '',
    }));
    for (const row of rows) await insertObjects(beads.db, 'issues', [row]);
    const sizes: number[] = [];
    await exportIssues(beads.context(), {}, async ({ issues }) => {
      sizes.push(issues);
    });
    expect(sizes.slice(1)).toEqual(Array.from({ length: 2 }, () => 2));
  });
});
