import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { YAMLMap } from 'yaml';
import type { ConfigReader } from './config-reader.ts';

/** `sync:` of a rig in gt.yaml: `bd federation sync`, again and again, under the supervisor. */
export interface SyncConfig {
  /** Pause after each run, in ms. */
  readonly everyMs: number;
  /** The project whose peers are synced with: a directory with `.beads`; absolute. */
  readonly directory: string;
  /** The side that wins in fields that both changed. */
  readonly strategy: 'ours' | 'theirs' | undefined;
}

/** Least pause, in ms, as `bd federation sync --every` has it. */
const SHORTEST_MS = 5_000;

/** @throws AppError CONFIG_INVALID with the place of what is wrong */
export function readSync(reader: ConfigReader, rig: YAMLMap | undefined, dataDir: string): SyncConfig | undefined {
  const map = reader.map(rig, 'sync', ['every', 'dir', 'strategy']);
  if (!map) return undefined;
  const everyMs = reader.duration(map, 'every');
  const directory = reader.text(map, 'dir');
  if (everyMs === undefined || directory === undefined)
    reader.fail(map, 'sync needs every, like 5m, and dir, the directory of the project');
  if (everyMs < SHORTEST_MS) reader.fail(map.get('every', true), 'every must be 5s or more');
  const strategy = reader.oneOf(map, 'strategy', ['ours', 'theirs']);
  return {
    everyMs,
    directory: resolve(dataDir, directory.replace(/^~(?=\/|$)/, homedir())),
    strategy: strategy === 'ours' || strategy === 'theirs' ? strategy : undefined,
  };
}
