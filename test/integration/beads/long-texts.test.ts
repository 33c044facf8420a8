import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findIssue, reloadIssues } from '../../../src/beads/lookup.ts';
import { closeIssues } from '../../../src/beads/operations/close.ts';
import { addComment } from '../../../src/beads/operations/comments.ts';
import { createIssue } from '../../../src/beads/operations/create.ts';
import { reopenIssues } from '../../../src/beads/operations/reopen.ts';
import { updateIssues } from '../../../src/beads/operations/update.ts';
import { commentsOf } from '../../../src/beads/query/comment-list.ts';
import { exportIssues } from '../../../src/beads/transfer/export.ts';
import { importIssues } from '../../../src/beads/transfer/import.ts';
import { type BeadsUnderTest, DRIVERS, makeBeads } from './beads-under-test.ts';

const MEGABYTE = 1024 * 1024;
/** No two alike, and nothing in them that can be sent as it is. */
const long = (name: string) => {
  const piece = `${name}: it's "1 MB" of \\ text\n\t? 😀 é \0 -- /* {"a": [null]} 2026-01-02 03:04:05\r\n`;
  return piece.repeat(Math.ceil(MEGABYTE / Buffer.byteLength(piece)));
};
const LONG_FIELDS = ['description', 'design', 'acceptance_criteria', 'notes', 'payload'] as const;
const longFields = (version: string) =>
  Object.fromEntries(LONG_FIELDS.map((field) => [field, long(`${field} ${version}`)]));

describe.each(DRIVERS)('a megabyte of text, %s', (mode) => {
  let beads: BeadsUnderTest;
  let ctx: BeadsUnderTest['ctx'];

  beforeAll(async () => {
    beads = await makeBeads(mode);
    ctx = beads.ctx;
  });

  afterAll(() => beads?.dispose());

  const texts = async (id: string) => (await commentsOf(ctx, id)).comments.map(({ text }) => text);

  test.each([false, true])('comes back from every field as it was given (wisp: %s)', async (ephemeral) => {
    const fields = longFields('1');
    const metadata = { long: long('metadata') };
    const { id } = await createIssue(ctx, { title: 'Long', ephemeral, waiters: [long('w')], metadata, ...fields });
    expect((await findIssue(ctx.db, id)).issue).toMatchObject({ ...fields, metadata, waiters: [long('w')] });

    const { description, notes } = longFields('2');
    await updateIssues(ctx, [id], { description: description ?? '', notes: notes ?? '' });
    const text = long('comment');
    await addComment(ctx, id, text);
    await closeIssues(ctx, [id], { reason: long('reason') });
    const { issue } = await findIssue(ctx.db, id);
    expect(issue).toMatchObject({ ...fields, description, notes, close_reason: long('reason'), status: 'closed' });
    expect(await texts(id)).toEqual([text]);

    await reopenIssues(ctx, [id], { reason: long('again') });
    const table = ephemeral ? 'wisp_events' : 'events';
    const [event] = await ctx.db.query(`SELECT comment FROM ${table} WHERE issue_id = ? AND event_type = 'commented'`, [
      id,
    ]);
    expect(event?.['comment']).toBe(long('again'));
  });

  test('goes out to JSONL and in again', async () => {
    const { id } = await createIssue(ctx, { title: 'Away and back', ...longFields('3') });
    await addComment(ctx, id, long('comment'));
    let text = '';
    await exportIssues(ctx, {}, async (chunk) => {
      text += chunk.text;
    });
    const before = await reloadIssues(ctx.db, [id]);
    await ctx.db.execute('DELETE FROM comments WHERE issue_id = ?', [id]);
    await ctx.db.execute('DELETE FROM issues WHERE id = ?', [id]);
    const [line = ''] = text.split('\n').filter((each) => each.includes(`"${id}"`));
    await importIssues(ctx, {
      open: async function* () {
        yield Buffer.from(line);
      },
      source: 'long.jsonl',
    });
    expect(await reloadIssues(ctx.db, [id])).toEqual(before);
    expect(await texts(id)).toEqual([long('comment')]);
  });

  test('is refused, not cut, where the Go bd made the column', async () => {
    for (const table of ['comments', 'issues']) await ctx.db.execute(`DELETE FROM ${table}`);
    const { id } = await createIssue(ctx, { title: 'Narrow' });
    await ctx.db.execute('ALTER TABLE issues MODIFY design text NOT NULL');
    await ctx.db.execute('ALTER TABLE comments MODIFY text text NOT NULL');
    const longest = 'x'.repeat(65_535);
    await updateIssues(ctx, [id], { design: longest });
    await expect(createIssue(ctx, { title: 'Wide', design: `${longest}x` })).rejects.toMatchObject({
      code: 'VALIDATION',
      message: 'design: the text is longer than its column in this database',
    });
    const comment = { id: '0199c0de-0000-7000-8000-000000000001', issue_id: id, author: 'a', text: long('c') };
    const line = JSON.stringify({
      id,
      title: 'Narrow',
      comments: [{ ...comment, created_at: '2026-01-02T03:04:05Z' }],
    });
    const open = async function* () {
      yield Buffer.from(line);
    };
    await expect(importIssues(ctx, { open, source: 'x' })).rejects.toMatchObject({ code: 'VALIDATION' });
    expect(await texts(id)).toEqual([]);
    expect((await findIssue(ctx.db, id)).issue.design).toBe(longest);
  });
});
