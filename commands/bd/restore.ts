import { Args, Flags } from '@oclif/core';
import { restoreBeads } from '../../src/beads/backup/restore.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { askName, canAsk } from '../../src/cli/confirm.ts';
import { type RestoreDocument, renderRestore, restoreDocument } from '../../src/cli/render/backup.ts';

export default class Restore extends BdCommand {
  static override summary = 'Put a backup in the place of the database';
  static override description =
    `The backup is restored beside the database and verified first. A database that is there is replaced
only when its name is typed, on the terminal or with --confirm, and is kept in .beads/backup. Where
there is no .beads directory, one is made for the project of the backup.`;
  static override examples = [
    '<%= config.bin %> restore /mnt/backup/hm',
    { description: 'Without a terminal', command: '<%= config.bin %> restore .beads/backup/hm --confirm hm' },
  ];
  static override args = { dir: Args.string({ description: 'directory of the backup', required: true }) };
  static override flags = {
    confirm: Flags.string({ summary: 'name of the database that is to be replaced', helpValue: 'NAME' }),
  };

  async run(): Promise<RestoreDocument> {
    const { args, flags } = await this.parse(Restore);
    this.refuseReadonly(flags);
    const ask = canAsk() ? askName : undefined;
    const result = await restoreBeads({
      dir: this.directory(flags),
      env: process.env,
      db: flags.db,
      backup: args.dir,
      consent: { typed: flags.confirm, ask },
      findDolt: () => this.findDolt(),
      now: new Date(),
      onProgress: (text) => this.progress(text),
    });
    if (!this.jsonEnabled()) this.print(renderRestore(result, this.paint));
    return restoreDocument(result);
  }
}
