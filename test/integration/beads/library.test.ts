import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBeads } from '../../../src/index.ts';
import { type BareServer, startBareServer } from '../../helpers/bare-server.ts';
import { makeWorkspace, type Workspace } from '../../helpers/workspace.ts';

let workspace: Workspace;
let server: BareServer;

beforeAll(async () => {
  workspace = makeWorkspace();
  // The library reads the environment of its process, as a program that uses it would have it.
  process.env['HOME'] = workspace.home;
  server = await startBareServer({ dataDir: join(workspace.home, 'data') });
  for (const [name, args] of [
    ['embedded', []],
    ['server', ['--server', '--server-port', String(server.port)]],
  ] as const) {
    mkdirSync(join(workspace.home, name));
    await workspace.bd(['init', '--prefix', name.slice(0, 2), ...args], { cwd: join(workspace.home, name) });
  }
});

afterAll(async () => {
  await server.stop();
  await workspace.dispose();
});

describe.each(['embedded', 'server'])('openBeads, %s', (mode) => {
  const open = () => openBeads({ dir: join(workspace.home, mode), actor: 'agent-7' });

  test('creates, claims, lists, closes', async () => {
    const beads = await open();
    try {
      expect(beads.context.db.mode).toBe(mode);
      const issue = await beads.create({ title: 'First', labels: ['x'] });
      expect(issue).toMatchObject({ title: 'First', created_by: 'agent-7' });
      await beads.claim(issue.id);
      const { issues } = await beads.list({ filter: { ids: [issue.id] } });
      expect(issues).toMatchObject([{ id: issue.id, status: 'in_progress', assignee: 'agent-7' }]);
      await beads.close([issue.id], { reason: 'Done' });
      await expect(beads.show([issue.id])).resolves.toMatchObject({ issues: [{ status: 'closed' }] });
    } finally {
      await beads.end();
      await beads.end();
    }
  });

  test('several operations are one write, or none', async () => {
    const beads = await open();
    try {
      const before = await beads.count();
      await beads.together(async (inner) => {
        const parent = await inner.create({ title: 'Epic', issue_type: 'epic' });
        await inner.create({ title: 'Child', parent: parent.id });
      });
      expect(await beads.count()).toBe(before + 2);
      const failing = beads.together(async (inner) => {
        await inner.create({ title: 'Never' });
        await inner.close(['nope-1']);
        throw new Error('stop');
      });
      await expect(failing).rejects.toThrow('stop');
      expect(await beads.count()).toBe(before + 2);
    } finally {
      await beads.end();
    }
  });

  test('is used from many places at once', async () => {
    const beads = await open();
    try {
      const created = await Promise.all(Array.from({ length: 12 }, (_, n) => beads.create({ title: `Issue ${n}` })));
      expect(new Set(created.map((issue) => issue.id)).size).toBe(12);
      const [row] = (await beads.sql("SELECT COUNT(*) AS n FROM issues WHERE title LIKE 'Issue %'")).rows ?? [];
      expect(row).toEqual({ n: 12 });
    } finally {
      await beads.end();
    }
  });
});

test('by endpoint and name; readonly refuses writes', async () => {
  const beads = await openBeads({ endpoint: { port: server.port }, database: 'se', readonly: true });
  try {
    expect(await beads.count()).toBeGreaterThan(0);
    await expect(beads.create({ title: 'x' })).rejects.toMatchObject({ code: 'READ_ONLY' });
  } finally {
    await beads.end();
  }
});
