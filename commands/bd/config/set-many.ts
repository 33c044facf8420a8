import { Args, Flags } from '@oclif/core';
import { setConfig } from '../../../src/beads/workspace/config-store.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { settingWarnings } from '../../../src/cli/setting-warnings.ts';
import { AppError } from '../../../src/errors.ts';

export default class ConfigSetMany extends BdCommand {
  static override summary = 'Change several settings, all or none of them';
  static override examples = ['<%= config.bin %> config set-many dolt.mode=server dolt.port=3310'];
  static override strict = false;
  static override args = { pair: Args.string({ description: 'KEY=VALUE', required: true }) };
  static override flags = {
    'force-git-tracked': Flags.boolean({ summary: 'write a secret although git tracks the file' }),
  };

  async run() {
    const { argv, flags } = await this.parse(ConfigSetMany);
    this.refuseReadonly(flags);
    const values = new Map(argv.map((pair) => readPair(String(pair))));
    const entries = await setConfig(this.configAccess(flags), values, {
      forceGitTracked: flags['force-git-tracked'],
    });
    for (const key of values.keys()) for (const warning of settingWarnings(key)) this.progress(warning);
    return this.show(entries, (set) => set.map(({ key, value }) => `Set ${key} = ${value}`).join('\n'));
  }
}

function readPair(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at).trim(), text.slice(at + 1)];
  throw new AppError('USAGE', `"${text}" is not KEY=VALUE`, {
    hint: 'bd config set-many dolt.mode=server dolt.port=3310',
  });
}
