import { readDatabaseSettings } from '../../../src/beads/workspace/database-settings.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';

export default class ConfigList extends BdCommand {
  static override summary = 'List the settings that the database keeps';
  static override description = '`config show` lists all settings, with where each comes from.';

  async run() {
    const { flags } = await this.parse(ConfigList);
    const beads = await this.open(flags, { write: false });
    const settings = await readDatabaseSettings(beads.db);
    return this.show(Object.fromEntries(settings), () =>
      settings.size === 0
        ? 'No configuration set'
        : ['Configuration:', ...[...settings].map(([key, value]) => `  ${key} = ${value}`)].join('\n'),
    );
  }
}
