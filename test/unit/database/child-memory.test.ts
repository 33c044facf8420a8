import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { spawnDoltSql } from '../../../src/database/spawn-dolt-sql.ts';

/** What Go's runtime in the child is told about memory. */
async function told(env: NodeJS.ProcessEnv): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'child-memory-'));
  try {
    const doltBin = join(directory, 'dolt');
    writeFileSync(doltBin, '#!/bin/sh\necho "$GOGC $GOMEMLIMIT"\n');
    chmodSync(doltBin, 0o755);
    const child = spawnDoltSql({ doltBin, directory, database: '', doltHome: directory, env });
    const [out] = await Promise.all([text(child.process.stdout), child.ended]);
    return out.trim().split(' ');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('the child collects garbage seldom, and takes a quarter of the memory at most', async () => {
  const [often, limit] = await told({ PATH: process.env['PATH'] });
  expect(often).toBe('800');
  expect(Number(limit)).toBeGreaterThan(0);
  expect(Number(limit)).toBeLessThanOrEqual(Math.min(512 * 1024 * 1024, totalmem() / 4));
});

test('what the user says about it holds', async () => {
  expect(await told({ PATH: process.env['PATH'], GOGC: '50', GOMEMLIMIT: '1GiB' })).toEqual(['50', '1GiB']);
});
