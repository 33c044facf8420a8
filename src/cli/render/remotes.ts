import { Flags } from '@oclif/core';
import { shortHash } from '../../beads/history/revision.ts';
import type { PullResult } from '../../beads/remotes/pull.ts';
import type { PushResult } from '../../beads/remotes/push.ts';
import type { DoltRemote } from '../../beads/remotes/remotes.ts';
import type { Location } from '../../beads/workspace/locate.ts';
import type { Paint } from '../style.ts';
import { renderMerge } from './vc-merge.ts';

/** Flags of both. */
export const remoteFlags = {
  remote: Flags.string({ summary: 'name of the remote (default origin, or the only one)', helpValue: 'NAME' }),
  timeout: Flags.string({ summary: 'how long the remote may take (default dolt.remote-timeout, 5m)', helpValue: '5m' }),
};

export function renderPush(result: PushResult, paint: Paint): string {
  const { remote, url, branch, head, commits, uncommitted } = result;
  const what = commits === 0 ? 'Nothing new to push' : `${counted(commits, 'commit')} pushed`;
  const lines = [
    'Push complete.',
    `  ${what}; ${remote} (${url}) has ${branch} at ${shortHash(head)}`,
    ...(uncommitted.length === 0
      ? []
      : [
          `${paint('yellow', '!')} Not pushed, since it is not committed: changes of ${shownIds(uncommitted)}`,
          '  bd vc commit -m "…"   commits them',
        ]),
  ];
  return lines.join('\n');
}

export function renderPull(result: PullResult, paint: Paint): string {
  const from = `${result.remote}/${result.branch}`;
  const lines = ['Pull complete.', renderMerge(from, result, paint)];
  return result.commits === 0
    ? lines.join('\n')
    : [...lines, `  ${counted(result.commits, 'commit')} taken over`].join('\n');
}

/** The remotes with the keys of the Go `bd`. */
export function remoteDocuments(remotes: readonly DoltRemote[]) {
  return remotes.map(({ name, url }) => ({ name, url, sql_url: url, status: 'ok' as const }));
}

export function renderRemotes(remotes: readonly DoltRemote[]): string {
  if (remotes.length === 0) return 'No remotes configured.';
  const width = Math.max(...remotes.map(({ name }) => name.length));
  return remotes.map(({ name, url }) => `${name.padEnd(width)}  ${url}`).join('\n');
}

/** How a database is reached, with the keys of the Go `bd`. */
export function connectionDocument({ target }: Location, connected: boolean) {
  const document = { backend: 'dolt', connection_ok: connected, database: target.database };
  if (target.mode === 'embedded') return { ...document, embedded: true, data_dir: target.dataDir };
  const { host, port, user } = target.endpoint;
  return { ...document, embedded: false, host, port, user, shared_server: false };
}

export function renderConnection(document: ReturnType<typeof connectionDocument>, paint: Paint): string {
  const where = 'host' in document ? `${document.user}@${document.host}:${document.port}` : document.data_dir;
  const state = document.connection_ok ? paint('green', '✓ connection ok') : paint('red', '✗ not reachable');
  return [`Database: ${document.database}`, `Where: ${where}`, state].join('\n');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function shownIds(ids: readonly string[]): string {
  const more = ids.length - 5;
  return `${ids.slice(0, 5).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
