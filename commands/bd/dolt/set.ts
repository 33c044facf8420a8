import { Args, Flags } from '@oclif/core';
import { setConfig } from '../../../src/beads/workspace/config-store.ts';
import { modeNotice, PLACE_SETTINGS } from '../../../src/beads/workspace/mode-notice.ts';
import { isKnownKey, knownKeys } from '../../../src/beads/workspace/setting-keys.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { settingWarnings } from '../../../src/cli/setting-warnings.ts';
import { AppError } from '../../../src/errors.ts';

export default class DoltSet extends BdCommand {
  static override summary = 'Change a setting of the Dolt database: `config set dolt.KEY VALUE`';
  static override examples = ['<%= config.bin %> dolt set port 3310'];
  static override args = {
    key: Args.string({ description: 'database, host, port, user, socket, data-dir, …', required: true }),
    value: Args.string({ description: 'its value', required: true }),
  };
  static override flags = {
    'update-config': Flags.boolean({ summary: 'write config.yaml too (it always is)' }),
  };

  async run() {
    const { args, flags } = await this.parse(DoltSet);
    this.refuseReadonly(flags);
    const key = `dolt.${args.key}`;
    if (!isKnownKey(key)) throw unknownKey(args.key);
    const [entry] = await setConfig(this.configAccess(flags), new Map([[key, args.value]]));
    for (const warning of settingWarnings(key)) this.progress(warning);
    const notice = PLACE_SETTINGS.has(key)
      ? modeNotice(await this.locate(flags), key === 'dolt.mode' ? args.value : undefined)
      : undefined;
    const document = { ...entry, key: args.key, value: args.value, ...(notice ? { uses: notice.uses } : {}) };
    return this.show(document, ({ location, value }) =>
      [`Set ${args.key} = ${value} (in ${location})`, ...(notice?.lines ?? [])].join('\n'),
    );
  }
}

function unknownKey(key: string): AppError {
  const names = knownKeys().filter((name) => name.startsWith('dolt.'));
  return new AppError('VALIDATION', `unknown key '${key}'`, {
    hint: `one of ${names.map((name) => name.slice('dolt.'.length)).join(', ')}`,
  });
}
