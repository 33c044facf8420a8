import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportIssues } from '../../../src/beads/transfer/export.ts';
import type { Database } from '../../../src/database/types.ts';
import { type BeadsDatabase, insertObjects, makeBeadsDatabase } from '../../helpers/beads-database.ts';
import { DRIVERS } from '../database/drivers.ts';

describe.each(DRIVERS)('export, %s', (mode) => {
  let beads: BeadsDatabase;

  beforeAll(async () => {
    beads = await makeBeadsDatabase(mode);
  });

  afterAll(() => beads?.dispose());

  test('has every issue once and in order, where there are more than are read at once', async () => {
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

  test('writes few issues at once where their texts are long, in order, also from a file', async () => {
    await beads.clear();
    const rows = Array.from({ length: 54 }, (_, index) => ({
      id: `hm-${index}`,
      title: 'T',
      description: String(index).repeat(1024 * 512),
      design: '',
      acceptance_criteria: '',
      notes: '',
      priority: index % 3,
      created_at: '2026-01-01 00:00:00',
    }));
    for (const row of rows) await insertObjects(beads.db, 'issues', [row]);
    const read: number[] = [];
    const sizes: number[] = [];
    const found: string[] = [];
    await exportIssues(beads.context(), { onRead: (count) => read.push(count) }, async ({ text, issues }) => {
      sizes.push(issues);
      for (const line of text.trimEnd().split('\n')) {
        const { id, description } = JSON.parse(line);
        expect(description.startsWith(id.slice(3).repeat(99))).toBe(true);
        found.push(id);
      }
    });
    expect(sizes).toEqual(rows.map(() => 1));
    expect(read.at(-1)).toBe(rows.length);
    const inOrder = rows.toSorted((a, b) => a.priority - b.priority || (a.id < b.id ? -1 : 1));
    expect(found).toEqual(inOrder.map(({ id }) => id));
  });

  test('ends at once when it is interrupted', async () => {
    const stop = new AbortController();
    const read: number[] = [];
    const told = (count: number) => {
      read.push(count);
      stop.abort();
    };
    const written: string[] = [];
    await expect(
      exportIssues(beads.context(), { onRead: told, signal: stop.signal }, async ({ text }) => void written.push(text)),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(read).toHaveLength(1);
    expect(written).toEqual([]);
  });

  test('is whole where the transaction begins it again', async () => {
    await beads.clear();
    await insertObjects(
      beads.db,
      'issues',
      Array.from({ length: 700 }, (_, index) => ({
        id: `hm-${index}`,
        title: 'T',
        description: '',
        design: '',
        acceptance_criteria: '',
        notes: '',
      })),
    );
    let again = false;
    const ctx = beads.context();
    const db: Database = {
      ...ctx.db,
      transaction: (work, options) =>
        ctx.db.transaction(async (tx) => {
          if (again) return work(tx);
          await work(tx);
          again = true;
          return work(tx);
        }, options),
    };
    const ids = new Set<string>();
    const done = await exportIssues({ ...ctx, db }, {}, async ({ text }) => {
      for (const line of text.trimEnd().split('\n')) ids.add(JSON.parse(line).id);
    });
    expect(done.issues).toBe(700);
    expect(ids.size).toBe(700);
  });
});
