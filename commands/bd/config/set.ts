import { Args, Flags } from '@oclif/core';
import { setConfig } from '../../../src/beads/workspace/config-store.ts';
import { modeNotice, PLACE_SETTINGS } from '../../../src/beads/workspace/mode-notice.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { settingWarnings } from '../../../src/cli/setting-warnings.ts';

export default class ConfigSet extends BdCommand {
  static override summary = 'Change a setting';
  static override description =
    'Settings of this project (dolt.*, export.*, …) go to .beads/config.yaml, whose comments stay; those that belong to the issues (status.custom, types.custom, …) into the database.';
  static override examples = [
    '<%= config.bin %> config set dolt.mode server',
    '<%= config.bin %> config set status.custom "review:wip,parked:frozen"',
  ];
  static override args = {
    key: Args.string({ description: 'name of the setting', required: true }),
    value: Args.string({ description: 'its value', required: true }),
  };
  static override flags = {
    'force-git-tracked': Flags.boolean({ summary: 'write a secret although git tracks the file' }),
  };

  async run() {
    const { args, flags } = await this.parse(ConfigSet);
    this.refuseReadonly(flags);
    const [entry] = await setConfig(this.configAccess(flags), new Map([[args.key, args.value]]), {
      forceGitTracked: flags['force-git-tracked'],
    });
    for (const warning of settingWarnings(args.key)) this.progress(warning);
    const notice = PLACE_SETTINGS.has(args.key)
      ? modeNotice(await this.locate(flags), args.key === 'dolt.mode' ? args.value : undefined)
      : undefined;
    const result = { ...entry, key: args.key, value: args.value, ...(notice ? { uses: notice.uses } : {}) };
    return this.show(result, ({ key, value }) => [`Set ${key} = ${value}`, ...(notice?.lines ?? [])].join('\n'));
  }
}
