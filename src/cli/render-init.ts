import type { InitResult } from '../beads/workspace/init.ts';
import type { Paint } from './style.ts';

/** What `bd init --json` prints. */
export interface InitDocument {
  /** False when the workspace was there already. */
  created: boolean;
  backend: 'dolt';
  mode: 'embedded' | 'server';
  database: string;
  prefix: string;
  project_id: string;
  beads_dir: string;
  server?: { host: string; port: number; user: string; socket?: string };
  /** Files that were written or added to. */
  files: readonly string[];
}

export function initDocument(result: InitResult): InitDocument {
  const { target } = result;
  const document: InitDocument = {
    created: result.created,
    backend: 'dolt',
    mode: target.mode,
    database: target.database,
    prefix: result.prefix,
    project_id: result.projectId,
    beads_dir: result.beadsDir,
    files: result.files,
  };
  if (target.mode === 'embedded') return document;
  const { host, port, user, socket } = target.endpoint;
  return { ...document, server: { host, port, user, ...(socket ? { socket } : {}) } };
}

export function renderInit(document: InitDocument, paint: Paint): string {
  const { server } = document;
  const lines = [
    document.created
      ? `${paint('green', '✓')} bd initialized successfully!`
      : `${paint('green', '✓')} This workspace is already initialized.${document.files.length === 0 ? ' Nothing was changed.' : ''}`,
    '',
    '  Backend: dolt',
    `  Mode: ${document.mode}`,
    ...(server ? [`  Server: ${server.user}@${server.socket ?? `${server.host}:${server.port}`}`] : []),
    `  Database: ${document.database}`,
    `  Issue prefix: ${document.prefix}`,
    `  Issues will be named: ${document.prefix}-<hash> (e.g., ${document.prefix}-a3f2dd)`,
    ...(document.files.length === 0 ? [] : ['', ...document.files.map((file) => `  Wrote ${file}`)]),
  ];
  return lines.join('\n');
}
