import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { legacyDatabase, legacyWorkspace } from '../../helpers/legacy-sqlite.ts';
import { json, type RunResult, type Workspace } from '../../helpers/workspace.ts';

const times = { created_at: '2025-11-02T10:00:00Z', updated_at: '2025-11-03T10:00:00Z' };

/** A project whose issues are in SQLite. */
export interface LegacyProject {
  readonly dir: string;
  readonly beadsDir: string;
  /** The SQLite file. */
  readonly source: string;
  bd(...args: string[]): Promise<RunResult>;
  migrate(...args: string[]): Promise<RunResult>;
  titles(): Promise<string[]>;
}

let made = 0;

/** @param issues how many; each has a label and an event */
export function legacyProject(workspace: Workspace, issues: number): LegacyProject {
  made += 1;
  const dir = join(workspace.home, `lp${made}`);
  mkdirSync(dir);
  const beadsDir = legacyWorkspace(dir);
  const source = join(beadsDir, 'beads.db');
  const db = legacyDatabase(source, 'last');
  const ids = Array.from({ length: issues }, (_, index) => `lp${made}-${index.toString(36).padStart(4, '0')}`);
  db.insert('issues', ...ids.map((id, index) => ({ id, title: `Issue ${index}`, ...times })));
  db.insert('labels', ...ids.map((id) => ({ issue_id: id, label: 'ui' })));
  db.insert(
    'events',
    ...ids.map((id) => ({ issue_id: id, event_type: 'created', actor: 'ann', created_at: times.created_at })),
  );
  db.insert('config', { key: 'issue_prefix', value: `lp${made}` });
  db.close();
  const bd = (...args: string[]) => workspace.bd(args, { cwd: dir });
  return {
    dir,
    beadsDir,
    source,
    bd,
    migrate: (...args) => bd('migrate', '--to-dolt', '--json', ...args),
    async titles() {
      const result = await bd('list', '--json', '--limit', '0');
      if (result.exitCode !== 0) throw new Error(`bd list: ${result.stdout}${result.stderr}`);
      return json<{ title: string }[]>(result)
        .map(({ title }) => title)
        .sort();
    },
  };
}

/** Every file below a directory with its content, mode and time. */
export function fingerprint(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(files.map((name) => [name, fingerprintOf(join(directory, name))]));
}

export function fingerprintOf(path: string): string {
  const { mode, mtimeMs, size } = statSync(path);
  if (statSync(path).isDirectory()) return `directory ${mode}`;
  return [mode, mtimeMs, size, createHash('sha256').update(readFileSync(path)).digest('hex')].join(' ');
}
