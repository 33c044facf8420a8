import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BareServer, startBareServer } from '../../helpers/bare-server.ts';
import { legacyDatabase } from '../../helpers/legacy-sqlite.ts';
import { testPort } from '../../helpers/ports.ts';
import { json, makeWorkspace, type Workspace } from '../../helpers/workspace.ts';
import { legacyProject } from './legacy-project.ts';

let workspace: Workspace;
let server: BareServer;
let closedServer: BareServer;

beforeAll(async () => {
  workspace = makeWorkspace({ BEADS_ACTOR: 'tester' });
  server = await startBareServer({ dataDir: join(workspace.home, 'data') });
  const port = await testPort();
  const own = join(workspace.home, 'files-from-here-only');
  mkdirSync(own);
  const config = join(workspace.home, 'closed.yaml');
  writeFileSync(
    config,
    `listener: {host: 127.0.0.1, port: ${port}, socket: ${join(workspace.home, 'closed.sock')}}\nsystem_variables: {secure_file_priv: ${own}}\n`,
  );
  closedServer = await startBareServer({ dataDir: join(workspace.home, 'closed'), port, config });
});

afterAll(async () => {
  await Promise.all([server.stop(), closedServer.stop()]);
  await workspace.dispose();
});

/** What the format of LOAD DATA gives a meaning of its own, and what looks as if it did. */
const TITLES = ['NULL', 'null', '\\N', '\\\\N', 'N', 'tab\tand\nline', '\\', '"quoted"', '%', '😀 é', 'a\\tb', '\\0'];

test.each(['embedded', 'server', 'a server that reads no files of others'])(
  'texts go over as they are: %s',
  async (mode) => {
    const project = legacyProject(workspace, TITLES.length);
    const db = legacyDatabase(project.source);
    for (const [index, title] of TITLES.entries()) {
      const quoted = `'${title.replaceAll("'", "''")}'`;
      db.exec(
        `UPDATE issues SET title = ${quoted}, notes = ${quoted}, assignee = ${quoted} WHERE title = 'Issue ${index}'`,
      );
    }
    db.close();
    const { port } = mode === 'server' ? server : closedServer;
    const target = mode === 'embedded' ? [] : ['--server', '--server-port', String(port)];
    chmodSync(project.beadsDir, 0o755);
    const done = await project.migrate(...target);
    expect(done.exitCode, done.stdout).toBe(0);
    expect(statSync(project.beadsDir).mode & 0o777).toBe(0o700);
    const listed = json<{ title: string; notes: string; assignee: string }[]>(
      await project.bd('list', '--json', '--limit', '0', '--sort', 'id'),
    );
    expect(listed.map(({ title }) => title)).toEqual(TITLES);
    expect(listed.map(({ notes }) => notes)).toEqual(TITLES);
    expect(listed.map(({ assignee }) => assignee)).toEqual(TITLES);
    const left = readdirSync(project.beadsDir, { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => name.endsWith('.tsv'))).toEqual([]);
  },
);
