import { resolve } from 'node:path';
import { Args } from '@oclif/core';
import { errorText } from '../../../src/cli/base-command.ts';
import { GtCommand } from '../../../src/cli/gt-command.ts';
import { type BackupDocument, backupDocument, renderBackup } from '../../../src/cli/render/backup.ts';
import { type BackupErrors, backupErrors } from '../../../src/cli/render/backup-errors.ts';
import { painter } from '../../../src/cli/style.ts';
import { openTown } from '../../../src/open-town.ts';

/** The JSON of `gt dolt backup`. */
export interface BackupResult extends BackupErrors {
  backups: (BackupDocument & { rig: string })[];
}

export default class Backup extends GtCommand {
  static override summary = 'Back up the databases of rigs, running or stopped';
  static override description =
    'Uses Dolt’s own backup: branches, history and what is not committed, consistent while servers run and others write. Each is restored once into a temporary place, verified by Dolt and compared before it counts. Other databases that a rig’s server has, such as those of `bd init --server`, go to DIR.NAME; `bd restore` takes them back. A backup that is in DIR is brought up to date. Accounts of servers are no part of it.';
  static override examples = [
    { description: 'Every rig, into .gt/backups of the data dir', command: '<%= config.bin %> <%= command.id %>' },
    '<%= config.bin %> <%= command.id %> gastown /mnt/backup/gastown',
  ];
  static override args = {
    rig: Args.string({ description: 'rig; all configured ones when left out' }),
    dir: Args.string({ description: 'directory of the backup: new, empty, or a backup of this rig' }),
  };

  async run(): Promise<BackupResult> {
    const { args, flags } = await this.parse(Backup);
    const made = await openTown({ dataDir: this.dataDir(flags) }).backUp({
      rigs: args.rig === undefined ? [] : [args.rig],
      directory: args.dir === undefined ? undefined : resolve(args.dir),
      onProgress: (text) => this.progress(text),
    });
    const failed = made.flatMap(({ rig, error }) => (error ? [{ rig, error }] : []));
    const [first] = failed;
    if (first && made.length === 1) throw first.error;
    const backups = made.flatMap(({ rig, made: backup }) =>
      backup ? [{ rig, ...backupDocument(backup.directory, backup.record) }] : [],
    );
    if (first) process.exitCode = first.error.exitCode;
    if (!this.jsonEnabled()) {
      for (const { error } of failed) process.stderr.write(errorText(error, painter(process.stderr)));
    }
    return this.show({ backups, ...backupErrors(failed) }, (result, paint) =>
      result.backups.map((backup) => renderBackup(backup, paint)).join('\n'),
    );
  }
}
