import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { expect, test } from 'vitest';
import { startBareServer } from '../helpers/bare-server.ts';
import { json, makeWorkspace } from '../helpers/workspace.ts';

interface CommitRow extends RowDataPacket {
  hash: string;
  parent: string | null;
  message: string;
}

test('with auto-commit on no command makes a Dolt commit in which nothing changed', async () => {
  const workspace = makeWorkspace({ BEADS_ACTOR: 'tester' });
  const server = await startBareServer({ dataDir: join(workspace.home, 'data') });
  try {
    const cwd = join(workspace.home, 'app');
    mkdirSync(cwd);
    const bd = (...args: string[]) => workspace.bd(['--dolt-auto-commit', 'on', ...args], { cwd });
    const made = async (...args: string[]) => {
      const done = await bd(...args);
      expect(done.exitCode, `bd ${args.join(' ')}: ${done.stderr}`).toBe(0);
      return done;
    };
    await made('init', '--server', '--server-port', String(server.port), '--database', 'app', '--prefix', 'app');
    const { id } = json<{ id: string }>(await made('create', 'First', '-l', 'ui', '--json'));
    const { id: other } = json<{ id: string }>(await made('create', 'Second', '--json'));
    const { id: third } = json<{ id: string }>(await made('create', 'Third', '--json'));
    const commands: string[][] = [
      ['update', id, '--title', 'First, again', '--status', 'in_progress', '--claim'],
      ['label', 'add', id, 'db'],
      ['dep', 'add', id, other],
      ['dep', 'relate', id, third],
      ['comment', id, 'Seen'],
      ['config', 'set', 'status.custom', 'review'],
      ['defer', other, '--until', '2099-01-01'],
      ['undefer', other],
      ['close', other, '--reason', 'Done'],
      ['reopen', other],
      ['export', '-o', 'issues.jsonl'],
      ['import', 'issues.jsonl'],
      ['vc', 'commit', '-m', 'By hand'],
      ['doctor', '--fix', '--yes'],
      ['list'],
      ['ready'],
      ['stats'],
      ['show', id],
      ['bootstrap'],
      ['update', id, '--priority', '2'],
    ];
    // Some fail the second time, which is theirs to say: a commit is what they must not make.
    for (const round of [1, 2]) {
      for (const args of commands) {
        const { exitCode, stderr } = await bd(...args);
        if (round === 1 && args[0] !== 'doctor') expect(exitCode, `bd ${args.join(' ')}: ${stderr}`).toBe(0);
      }
    }
    const connection = await createConnection({ host: '127.0.0.1', port: server.port, user: 'root', database: 'app' });
    try {
      const [commits] = await connection.query<CommitRow[]>(
        'SELECT l.commit_hash AS hash, a.parent_hash AS parent, l.message FROM dolt_log l LEFT JOIN dolt_commit_ancestors a USING (commit_hash)',
      );
      expect(commits.length).toBeGreaterThan(10);
      const empty: string[] = [];
      for (const { hash, parent, message } of commits) {
        if (parent === null) continue;
        const [changed] = await connection.query<RowDataPacket[]>('SELECT * FROM dolt_diff_summary(?, ?)', [
          parent,
          hash,
        ]);
        if (changed.length === 0) empty.push(message);
      }
      expect(empty).toEqual([]);
    } finally {
      await connection.end();
    }
  } finally {
    await server.stop();
    await workspace.dispose();
  }
});
