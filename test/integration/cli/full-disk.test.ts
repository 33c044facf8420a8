import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canMount } from '../../helpers/mounted.ts';
import { makeWorkspace, type Workspace } from '../../helpers/workspace.ts';

const BD = join(import.meta.dirname, '../../../dist/bin/bd.cjs');

let workspace: Workspace;

beforeAll(() => {
  workspace = makeWorkspace();
});
afterAll(() => workspace.dispose());

// Fills a small disk with issues, whose random texts cannot be compressed, until one does not fit.
const FILL = `
mkdir "$HOME/small" && mount -t tmpfs -o size=3m tmpfs "$HOME/small" && cd "$HOME/small"
bd() { "$NODE" "$BD" "$@"; }
bd init --prefix hm --quiet --skip-agents
while head -c 150000 /dev/urandom | base64 -w0 | bd create Filler --stdin --silent > "$HOME/out" 2> "$HOME/err"; do
  cat "$HOME/out"
done
echo FULL "$(cat "$HOME/out")"
bd list --json
mount -o remount,size=64m "$HOME/small"
echo LATER
bd create 'After that' --silent
bd list --json -n 0 --sort created
`;

describe.runIf(canMount)('a full disk', () => {
  test('is an error that says so; whole issues or none; and room is all that is needed', () => {
    const printed = execFileSync('unshare', ['-m', 'sh', '-c', FILL], {
      env: { ...workspace.env, NODE: process.execPath, BD },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 26,
    });
    const [before = '', after = ''] = printed.split('LATER\n');
    const [created = '', full = ''] = before.split('FULL ');
    const ids = created.trim().split('\n');
    expect(ids.length).toBeGreaterThan(3);
    // No id is printed for what may not be there.
    expect(full.split('\n')[0]).toBe('');
    const read: unknown = JSON.parse(full.trim());
    if (!Array.isArray(read))
      expect(read).toMatchObject({ code: 'DISK_FULL', hint: expect.stringMatching(/^make room/) });

    const end = after.indexOf('\n');
    const rows = JSON.parse(after.slice(end)) as { id: string; title: string; description?: string }[];
    const found = new Map(rows.map((row) => [row.id, row]));
    for (const id of ids) expect(found.get(id)?.description).toHaveLength(200_000);
    expect(found.get(after.slice(0, end))?.title).toBe('After that');
    // The one that did not fit may be there, whole.
    for (const row of rows) expect(row.title === 'After that' || row.description?.length === 200_000).toBe(true);
    expect(rows.length - ids.length).toBeLessThanOrEqual(2);
  });
});
