import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Backups of `bd backup` that lie in a `.beads` directory, oldest name first; `bd restore` takes them back. */
export function backupsHere(beadsDir: string): string[] {
  const directory = join(beadsDir, 'backup');
  const names = existsSync(directory) ? readdirSync(directory).sort() : [];
  return names.map((name) => join(directory, name)).filter((path) => existsSync(join(path, 'backup.json')));
}

/** Whether the SQLite file of a `.beads` directory was taken over to Dolt here: that leaves a backup of it. */
export function wasMigratedHere(beadsDir: string): boolean {
  return readdirSync(beadsDir).some((name) => /\.backup-pre-dolt-\d{8}-\d{6}\.db$/.test(name));
}
