import { join } from 'node:path';
import type { MoveResult } from '../../beads/move/move-context.ts';
import { endpointText, type Target } from '../../beads/workspace/endpoint.ts';
import type { Paint } from '../style.ts';
import { contents } from './backup.ts';

/** What `bd dolt move --json` prints. */
export interface MoveDocument {
  /** False when the database was there already. */
  moved: boolean;
  beads_dir: string;
  from: Place;
  to: Place;
  branches: { name: string; head: string }[];
  tables: Record<string, number>;
  /** Where the one is that was moved, and one that was in the way. */
  kept: string[];
  files: string[];
}

interface Place {
  mode: 'embedded' | 'server';
  database: string;
  /** Of a server: address or socket. */
  at?: string;
}

export function moveDocument(result: MoveResult): MoveDocument {
  const { moved, beadsDir, from, to, branches, tables, kept, files } = result;
  return {
    moved,
    beads_dir: beadsDir,
    from: place(from),
    to: place(to),
    branches: branches.map(({ name, head }) => ({ name, head })),
    tables: { ...tables },
    kept: [...kept],
    files: [...files],
  };
}

export function renderMove(result: MoveResult, paint: Paint): string {
  const { moved, from, to, tables, branches, kept } = result;
  const mark = paint('green', '✓');
  if (!moved) return `${mark} Already ${where(to)}: nothing was moved.`;
  return [
    `${mark} Moved the database to ${where(to)}`,
    `  ${contents(tables, branches.length)}, compared`,
    ...kept.map((path) => `  Kept ${path}`),
    ...(from.mode === 'server' ? [`  Kept ${where(from)}`] : []),
  ].join('\n');
}

function place(target: Target): Place {
  const { mode, database } = target;
  return { mode, database, ...(target.mode === 'server' ? { at: endpointText(target.endpoint) } : {}) };
}

function where(target: Target): string {
  if (target.mode === 'embedded') return join(target.dataDir, target.database);
  return `"${target.database}" at ${endpointText(target.endpoint)}`;
}
