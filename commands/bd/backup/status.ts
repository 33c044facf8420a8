import { Args } from '@oclif/core';
import { backupStatus } from '../../../src/beads/backup/backup.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { type BackupDocument, backupDocument, renderBackupStatus } from '../../../src/cli/render/backup.ts';

export default class BackupStatus extends BdCommand {
  static override summary = 'Show what the last backup holds';
  static override examples = ['<%= config.bin %> backup status', '<%= config.bin %> backup status /mnt/backup/hm'];
  static override args = { dir: Args.string({ description: 'directory of the backup' }) };

  async run(): Promise<BackupDocument> {
    const { args, flags } = await this.parse(BackupStatus);
    const { directory, record } = await backupStatus(await this.locate(flags), {
      directory: args.dir,
      from: this.directory(flags),
    });
    return this.show(backupDocument(directory, record), renderBackupStatus);
  }
}
