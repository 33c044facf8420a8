import { Args } from '@oclif/core';
import { getConfig } from '../../../src/beads/workspace/config-store.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';

export default class ConfigGet extends BdCommand {
  static override summary = 'Show a setting';
  static override examples = ['<%= config.bin %> config get dolt.mode'];
  static override args = { key: Args.string({ description: 'name of the setting', required: true }) };

  async run() {
    const { args, flags } = await this.parse(ConfigGet);
    const entry = await getConfig(this.configAccess(flags), args.key);
    const { key, value, location } = entry;
    const document = { key, value: value ?? '', ...(location === undefined ? {} : { location }) };
    return this.show(document, () => value ?? `${key} (not set)`);
  }
}
