import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { askName, canAsk } from '../../../src/cli/confirm.ts';
import { GtCommand } from '../../../src/cli/gt-command.ts';
import { type RigRestoreDocument, renderRigRestore, rigRestoreDocument } from '../../../src/cli/render/backup.ts';
import { openTown } from '../../../src/open-town.ts';

export default class Restore extends GtCommand {
  static override summary = 'Put a backup in the place of a rig’s database';
  static override description =
    'The rig must be stopped. The backup is restored beside the database and verified first. A database that is there is replaced only when the rig’s name is typed, on the terminal or with --confirm, and is kept in .gt/replaced of the data dir. A rig that is not configured is made from the backup.';
  static override examples = [
    '<%= config.bin %> dolt stop gastown',
    '<%= config.bin %> <%= command.id %> gastown /mnt/backup/gastown --confirm gastown',
    '<%= config.bin %> dolt start gastown',
  ];
  static override args = {
    rig: Args.string({ description: 'rig', required: true }),
    dir: Args.string({ description: 'directory of the backup', required: true }),
  };
  static override flags = {
    confirm: Flags.string({ summary: 'name of the rig whose database is to be replaced', helpValue: 'NAME' }),
  };

  async run(): Promise<RigRestoreDocument> {
    const { args, flags } = await this.parse(Restore);
    const ask = canAsk() ? askName : undefined;
    const restored = await openTown({ dataDir: this.dataDir(flags) }).restore({
      rig: args.rig,
      backup: resolve(args.dir),
      consent: { typed: flags.confirm, ask },
      onProgress: (text) => this.progress(text),
    });
    if (!this.jsonEnabled()) this.print(renderRigRestore(restored, this.paint));
    return rigRestoreDocument(restored);
  }
}
