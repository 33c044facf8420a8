import { Args } from '@oclif/core';
import { unsetConfig } from '../../../src/beads/workspace/config-store.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';

export default class ConfigUnset extends BdCommand {
  static override summary = 'Remove a setting';
  static override examples = ['<%= config.bin %> config unset dolt.port'];
  static override args = { key: Args.string({ description: 'name of the setting', required: true }) };

  async run() {
    const { args, flags } = await this.parse(ConfigUnset);
    this.refuseReadonly(flags);
    const left = await unsetConfig(this.configAccess(flags), args.key);
    if (left.value !== undefined) this.progress(`note: ${left.key} is "${left.value}" now (${left.location})`);
    return this.show({ key: args.key }, ({ key }) => `Unset ${key}`);
  }
}
