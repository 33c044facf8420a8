import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BareServer } from '../../helpers/bare-server.ts';
import { canMount, mounted } from '../../helpers/mounted.ts';
import { testPort } from '../../helpers/ports.ts';
import { makeServerWorkspace } from '../../helpers/server-workspace.ts';
import { makeWorkspace, type Workspace } from '../../helpers/workspace.ts';
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
    for (const room of [16, 60, 100]) {
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

  test('of the workspace or of the server ends a move; nothing is switched, and with room it is done', async () => {
    const port = String(await testPort());
    const town = makeWorkspace({ BEADS_ACTOR: 'tester', GT_DOLT_PORT: port });
    const script = `
      mkdir "$HOME/small" "$DATA" && mount -t tmpfs -o size=16m tmpfs "$HOME/small" && mount -t tmpfs -o size=16m tmpfs "$DATA"
      chmod 700 "$DATA"; gt dolt start > "$HOME/out"
      mkdir "$HOME/small/p" && cd "$HOME/small/p" && bd init --prefix hm --quiet && bd create One --silent > "$HOME/out"
      step() {
        name=$1; shift; "$@" --json > "$HOME/$name.json"; bd list --json > "$HOME/$name.list"
        cp .beads/metadata.json "$HOME/$name.metadata"; find .beads -name '.new-*' -o -name '.ready-*' > "$HOME/$name.left"
      }
      leave "$DATA" 8; step server bd dolt move --to server
      rm "$DATA/filler"; step moved bd dolt move --to server
      bd create Two --silent > "$HOME/out"; gt dolt restart >> "$HOME/out"; step restarted bd dolt show
      leave "$HOME/small" 100; step embedded bd dolt move --to embedded
      rm "$HOME/small/filler"; step back bd dolt move --to embedded
      gt dolt stop > "$HOME/out"`;
    try {
      await mounted(town, script);
      const read = (name: string) => JSON.parse(readFileSync(join(town.home, name), 'utf8'));
      for (const [name, code, mode, ...expected] of [
        ['server', 'DISK_FULL', 'embedded', 'One'],
        ['moved', undefined, 'server', 'One'],
        // What was made after the failure is on the disk.
        ['restarted', undefined, 'server', 'One', 'Two'],
        ['embedded', 'DISK_FULL', 'server', 'One', 'Two'],
        ['back', undefined, 'embedded', 'One', 'Two'],
      ]) {
        expect([name, read(`${name}.json`)['code']], readFileSync(join(town.home, `${name}.json`), 'utf8')).toEqual([
          name,
          code,
        ]);
        expect([name, read(`${name}.metadata`)['dolt_mode']]).toEqual([name, mode]);
        const titles = (read(`${name}.list`) as { title: string }[]).map(({ title }) => title).sort();
        expect([name, titles]).toEqual([name, expected]);
        expect(readFileSync(join(town.home, `${name}.left`), 'utf8')).toBe('');
      }
    } finally {
      await town.dispose();
    }
  });

  test.each([
    ['an init', 'bd init --server --prefix nw', 'bd dolt show'],
    ['a first clone', 'bd list', 'bd bootstrap'],
    ['a restore', 'bd restore "$HOME/backup"', 'bd dolt show'],
  ])('of a server ends %s; what is made with room lasts beyond the server’s end', async (_, first, then) => {
    const port = String(await testPort());
    const town = makeWorkspace({ BEADS_ACTOR: 'tester', GT_DOLT_PORT: port, BEADS_DOLT_SERVER_PORT: port });
    const script = `
      mkdir "$DATA" "$HOME/p" && mount -t tmpfs -o size=16m tmpfs "$DATA" && chmod 700 "$DATA" && cd "$HOME/p"
      gt dolt start > "$HOME/out"
      case '${first}' in
        *restore*) bd init --server --prefix nw --quiet; bd backup "$HOME/backup" --quiet; gt dolt sql -q 'DROP DATABASE nw' >> "$HOME/out" ;;
        *list*) mkdir .beads; echo '{"dolt_mode": "server", "dolt_database": "nw", "backend": "dolt"}' > .beads/metadata.json ;;
      esac
      leave "$DATA" 8; ${first} --json > "$HOME/full.json"
      rm "$DATA/filler"; ${first} --json > "$HOME/room.json"; ${then} --json >> "$HOME/out"
      bd create One --silent >> "$HOME/out"; gt dolt restart >> "$HOME/out"; bd list --json > "$HOME/list.json"
      gt dolt stop >> "$HOME/out"`;
    try {
      const ended = await mounted(town, script);
      const read = (name: string) => JSON.parse(readFileSync(join(town.home, name), 'utf8'));
      expect(read('full.json'), ended.stderr).toMatchObject({ code: 'DISK_FULL' });
      expect(read('list.json'), ended.stderr).toMatchObject([{ title: 'One' }]);
    } finally {
      await town.dispose();
    }
  });
});
