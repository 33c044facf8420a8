import { Args } from '@oclif/core';
import { backUpBeads } from '../../../src/beads/backup/backup.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { type BackupDocument, backupDocument, renderBackup } from '../../../src/cli/render/backup.ts';

export default class Backup extends BdCommand {
  static override summary = 'Back the database up, with its history';
  static override description =
    `Uses Dolt's own backup: branches, history and what is not committed, consistent while others
write. It is restored once into a temporary place, verified by Dolt and compared before it counts.
A backup of this database that is in DIR is brought up to date; only what is new is copied.`;
  static override examples = [
    { description: 'Into .beads/backup, or where the setting backup.dir says', command: '<%= config.bin %> backup' },
    '<%= config.bin %> backup /mnt/backup/hm',
    { description: 'Get it back', command: '<%= config.bin %> restore /mnt/backup/hm' },
  ];
  static override args = { dir: Args.string({ description: 'directory of the backup: new, empty, or a backup' }) };

  async run(): Promise<BackupDocument> {
    const { args, flags } = await this.parse(Backup);
    const beads = await this.open(flags, { write: false });
    const { directory, record } = await backUpBeads(beads, {
      directory: args.dir,
      from: this.directory(flags),
      onProgress: (text) => this.progress(text),
    });
    return this.show(backupDocument(directory, record), renderBackup);
  }
}
