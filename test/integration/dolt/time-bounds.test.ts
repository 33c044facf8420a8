import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { offlineSql } from '../../../src/dolt/offline-sql.ts';
import { createRigDatabase } from '../../../src/dolt/rig-database.ts';
import { type TownPaths, townPaths } from '../../../src/town/data-dir.ts';
import { inspectProcess } from '../../../src/util/process-identity.ts';

let home: string;
let paths: TownPaths;
/** Takes SIGTERM for nothing, as a Dolt that hangs on a disk. */
let doltBin: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gt-bounds-'));
  paths = townPaths(join(home, 'data'));
  doltBin = join(home, 'dolt');
  writeFileSync(doltBin, `#!/bin/sh\ntrap '' TERM\necho $$ > '${home}/pid'\nexec sleep 1000\n`, { mode: 0o755 });
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

async function expectEnded() {
  expect(await inspectProcess(Number(readFileSync(join(home, 'pid'), 'utf8')))).toBeUndefined();
}

test('a `dolt init` that does not end is killed, and leaves nothing', async () => {
  const making = createRigDatabase(paths, 'beads', doltBin, process.env, 500);
  await expect(making).rejects.toMatchObject({
    code: 'IO_ERROR',
    message: expect.stringContaining('did not end within 500ms'),
    hint: expect.any(String),
  });
  await expectEnded();
  expect(readdirSync(paths.dataDir)).toEqual(['.gt']);
});

test('statements on the files of a rig that do not end are killed', async () => {
  mkdirSync(paths.rig('beads'), { recursive: true });
  const options = { paths, rig: 'beads', doltBin, env: process.env, timeoutMs: 500 };
  await expect(offlineSql(options, ['SELECT 1'])).rejects.toMatchObject({
    code: 'IO_ERROR',
    message: expect.stringContaining('did not end within 500ms'),
    hint: expect.any(String),
  });
  await expectEnded();
});
