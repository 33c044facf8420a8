import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BareServer } from '../../helpers/bare-server.ts';
import { canMount } from '../../helpers/mounted.ts';
import { makeServerWorkspace } from '../../helpers/server-workspace.ts';
import type { Workspace } from '../../helpers/workspace.ts';
import { askAt, makeProject } from '../beads-backup/stores.ts';
import { listed, pushToFile, shareProject } from './bootstrap/project.ts';

let workspace: Workspace;
let server: BareServer;

beforeAll(async () => {
  const made = await makeServerWorkspace();
  ({ workspace, server } = made);
  return made.dispose;
});

/** Runs `bd` in a copy of a directory on a file system with so much room left, and lists after it what is there. */
function onFullDisk(dir: string, kilobytes: number, args: string) {
  const program = join(import.meta.dirname, '../../../dist/bin/bd.cjs');
  const script = `
    mount -t tmpfs -o size=20m tmpfs /mnt && cp -a '${dir}/.' /mnt/ && cd /mnt
    left=$(df -k --output=avail /mnt | tail -1)
    head -c $(( (left - ${kilobytes}) * 1024 )) /dev/zero > filler
    '${process.execPath}' '${program}' ${args} --json; status=$?
    ls -A .beads .beads/dolt >&2; cat .beads/metadata.json >&2; exit $status`;
  const env = { ...workspace.env };
  return execa('unshare', ['-m', 'sh', '-c', script], { env, extendEnv: false, reject: false, stdin: 'ignore' });
}

describe.skipIf(!canMount)('a full disk', () => {
  test('ends a first clone, which leaves nothing; the next command does it', async () => {
    const remote = join(workspace.home, 'remote');
    const project = await shareProject(workspace, 'shared', { remote: `file://${remote}` });
    pushToFile(project, remote);
    const cwd = project.clone('b');
    for (const room of [16, 60]) {
      const failed = await onFullDisk(cwd, room, 'list');
      expect(failed.exitCode, failed.stdout).toBe(1);
      expect(JSON.parse(failed.stdout), failed.stdout).toMatchObject({ code: 'DISK_FULL' });
      expect(failed.stderr).not.toContain('.new-');
    }
    expect(await listed(workspace, cwd)).toHaveLength(2);
  });

  test('ends a move to a server, which switches nothing; with room it is done', async () => {
    const project = await makeProject(workspace, 'embedded', server);
    await project.create('One');
    const args = `dolt move --to server --server-port ${server.port}`;
    const failed = await onFullDisk(project.dir, 24, args);
    expect(failed.exitCode, failed.stdout).toBe(1);
    expect(JSON.parse(failed.stdout), failed.stdout).toMatchObject({ code: 'DISK_FULL' });
    expect(failed.stderr).toContain('"dolt_mode": "embedded"');
    const databases = await askAt(server.port, 'information_schema', ['SHOW DATABASES']);
    expect(databases.map((row) => row['Database'])).not.toContain(project.database);
    expect(await project.titles()).toEqual(['One']);
    const done = await project.bd('dolt', 'move', '--to', 'server', '--server-port', String(server.port));
    expect(done.exitCode, done.stderr).toBe(0);
    expect(await project.titles()).toEqual(['One']);
  });
});
