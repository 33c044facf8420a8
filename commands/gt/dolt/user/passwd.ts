import { newPassword } from '../../../../src/cli/new-password.ts';
import { type ChangedAccount, passwordFlag, rigFlag, UserCommand, userArg } from '../../../../src/cli/user-command.ts';
import { changePassword } from '../../../../src/supervisor/rig-accounts.ts';

export default class UserPasswd extends UserCommand {
  static override summary = 'Give an account of a rig’s server another password';
  static override description =
    'That of root@localhost is kept in .gt/secrets of the data dir, for this user alone: gt, and bd on this machine, log in with it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> root',
    '<%= config.bin %> <%= command.id %> sync-bot --rig gastown',
  ];
  static override args = userArg;
  static override flags = { ...rigFlag, ...passwordFlag };

  async run(): Promise<ChangedAccount> {
    const { args, flags } = await this.parse(UserPasswd);
    const password = await newPassword(args.user, flags['password-stdin']);
    const account = await changePassword(this.accounts(flags), args.user, password);
    return this.changed(flags.rig, account, `${account} has another password`);
  }
}
