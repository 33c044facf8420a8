import type { BootstrapReport } from '../../bootstrap-beads.ts';
import { shownUrl } from '../../database/remote-url.ts';
import type { Paint } from '../style.ts';

/** What `bd bootstrap --json` prints; the names are the Go `bd`'s, with ours added. */
export interface BootstrapDocument {
  action: 'sync' | 'init' | 'none';
  reason: string;
  beads_dir: string;
  database: string;
  database_path: string;
  mode: 'embedded' | 'server';
  has_existing: boolean;
  dry_run: boolean;
  sync_remote?: string;
  /** What names the remote: a setting, or `git origin`. */
  remote_from?: string;
  jsonl_file?: string;
  /** Of the database that was made: whether from the remote, its issues, its commit. */
  cloned?: boolean;
  issues?: number;
  commit?: string;
}

export function bootstrapDocument(report: BootstrapReport, dryRun: boolean): BootstrapDocument {
  const { action, reason, location, database, source, jsonlFile, made } = report;
  return {
    action,
    reason,
    beads_dir: location.beadsDir ?? '',
    database: location.target.database,
    database_path: database,
    mode: location.target.mode,
    has_existing: action === 'none',
    dry_run: dryRun,
    ...(source ? { sync_remote: shownUrl(source.url), remote_from: source.from } : {}),
    ...(jsonlFile ? { jsonl_file: jsonlFile } : {}),
    ...(made ? { cloned: made.cloned, issues: made.issues, commit: made.head } : {}),
  };
}

const PLANS = { sync: 'Clone the issues', init: 'Make an empty database', none: 'Nothing to do' } as const;

export function renderBootstrap(document: BootstrapDocument, paint: Paint): string {
  const { action, reason, jsonl_file: jsonl } = document;
  const done = document.cloned ? `Cloned ${document.issues} issues` : 'Made an empty database';
  const head = document.dry_run
    ? `Plan: ${PLANS[action]}`
    : `${paint('green', '✓')} ${action === 'none' ? PLANS.none : done}`;
  const lines = [
    head,
    `  Because: ${reason}`,
    ...(document.sync_remote ? [`  Remote: ${document.sync_remote} (${document.remote_from})`] : []),
    `  Database: ${document.database_path} (${document.mode})`,
    ...(jsonl && action === 'init' ? [`  ${jsonl} is not read; to take its issues over: bd import`] : []),
    ...(document.dry_run && action !== 'none' ? ['  bd bootstrap, or any other command, does it.'] : []),
  ];
  return lines.join('\n');
}
