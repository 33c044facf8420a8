import { newPassword } from '../../../../src/cli/new-password.ts';
import {
  type ChangedAccount,
  passwordFlag,
  rigFlag,
  roleFlags,
  roleOf,
  UserCommand,
  userArg,
} from '../../../../src/cli/user-command.ts';
import { addAccount, parseAccount } from '../../../../src/dolt/accounts.ts';
import { withAccounts } from '../../../../src/supervisor/rig-accounts.ts';

export default class UserAdd extends UserCommand {
  static override summary = 'Let somebody log in to a rig’s server';
  static override description =
    'The password is asked for on the terminal, or comes from standard input or GT_DOLT_USER_PASSWORD. Without --sync and --read-only the account may do everything in the rig’s database. NAME alone may come from every host.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> ann',
    { description: 'For a peer that syncs', command: '<%= config.bin %> <%= command.id %> sync-bot --sync' },
    'pass town/ann | <%= config.bin %> <%= command.id %> ann --rig gastown --password-stdin',
  ];
  static override args = userArg;
  static override flags = { ...rigFlag, ...roleFlags, ...passwordFlag };

  async run(): Promise<ChangedAccount> {
    const { args, flags } = await this.parse(UserAdd);
    const { user, host = '%' } = parseAccount(args.user);
    const password = await newPassword(args.user, flags['password-stdin']);
    const role = roleOf(flags);
    await withAccounts(this.accounts(flags), (sql) => addAccount(sql, { user, host }, password, role, flags.rig));
    return this.changed(flags.rig, `${user}@${host}`, `${user}@${host} may log in (${role})`);
  }
}
