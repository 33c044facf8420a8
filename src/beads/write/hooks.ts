import { accessSync, constants } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BeadsContext } from '../context.ts';
import type { Issue } from '../issue.ts';
import { reloadIssues } from '../lookup.ts';
import { isTrue } from '../workspace/setting-keys.ts';
import type { EventType, IssueEvent } from './events.ts';

/** What `on_create`, `on_update` and `on_close` are called for. */
type HookEvent = 'create' | 'update' | 'close';

const EVENT_OF: Readonly<Partial<Record<EventType, HookEvent>>> = {
  created: 'create',
  updated: 'update',
  status_changed: 'update',
  claimed: 'update',
  reopened: 'update',
  closed: 'close',
};

/** How long a hook may run, in seconds. */
const LIMIT_S = 10;

// Its own process group: what the hook started ends with it. A job in the background would get no
// input, hence the third descriptor.
const RUN = `exec 3<&0
sleep ${LIMIT_S} & timer=$!
("$0" "$@" <&3; kill "$timer") &
wait "$timer" && kill -- "-$$"`;

/**
 * Starts the programs `on_create`, `on_update` and `on_close` of `.beads/hooks`, where they are, for
 * what a write did: `HOOK ID create|update|close`, with the issue as JSON on standard input. Nobody
 * waits for them; after 10 s they are ended. Whatever goes wrong with them, the write is done.
 * Source: the Go `bd` 1.0.3. `no-hooks: true` switches them off.
 */
export async function startHooks(ctx: BeadsContext, beadsDir: string, events: readonly IssueEvent[]): Promise<void> {
  const wanted = new Map<string, { id: string; event: HookEvent }>();
  for (const { issueId, type } of events) {
    const event = EVENT_OF[type];
    if (event) wanted.set(`${event} ${issueId}`, { id: issueId, event });
  }
  if (wanted.size === 0 || isTrue(ctx.setting('no-hooks'))) return;
  const calls = [...wanted.values()].filter(({ event }) => isThere(hookPath(beadsDir, event)));
  if (calls.length === 0) return;
  try {
    const ids = [...new Set(calls.map(({ id }) => id))];
    const issues = new Map((await reloadIssues(ctx.db, ids)).map((issue) => [issue.id, issue]));
    for (const { id, event } of calls) {
      const issue = issues.get(id);
      if (issue) await startHook(hookPath(beadsDir, event), event, issue);
    }
  } catch {}
}

function hookPath(beadsDir: string, event: HookEvent): string {
  return join(beadsDir, 'hooks', `on_${event}`);
}

/** Synchronous: for one look Node would start four threads, at the end of every command that writes. */
function isThere(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Its input is a file without a name: a pipe would have to be filled while we want to end. */
async function startHook(path: string, event: HookEvent, issue: Issue): Promise<void> {
  const { spawn } = await import('node:child_process');
  const { mkdtemp, open, rm, writeFile } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const directory = await mkdtemp(join(tmpdir(), 'bd-hook-'));
  const file = join(directory, 'issue.json');
  const opened = writeFile(file, `${JSON.stringify(issue)}\n`, { mode: 0o600 }).then(() => open(file, 'r'));
  const input = await opened.finally(() => rm(directory, { recursive: true }));
  try {
    const child = spawn('/bin/sh', ['-c', RUN, path, issue.id, event], {
      cwd: dirname(dirname(dirname(path))),
      detached: true,
      stdio: [input.fd, 'ignore', 'ignore'],
    });
    child.on('error', () => undefined);
    child.unref();
  } finally {
    await input.close();
  }
}
