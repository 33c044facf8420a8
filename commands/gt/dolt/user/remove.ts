import { type ChangedAccount, rigFlag, UserCommand, userArg } from '../../../../src/cli/user-command.ts';
import { findAccount, removeAccount } from '../../../../src/dolt/accounts.ts';
import { withAccounts } from '../../../../src/supervisor/rig-accounts.ts';

export default class UserRemove extends UserCommand {
  static override summary = 'Let somebody log in to a rig’s server no more';
  static override examples = ['<%= config.bin %> <%= command.id %> ann'];
  static override args = userArg;
  static override flags = rigFlag;

  async run(): Promise<ChangedAccount> {
    const { args, flags } = await this.parse(UserRemove);
    const account = await withAccounts(this.accounts(flags), async (sql) => {
      const found = await findAccount(sql, args.user);
      await removeAccount(sql, found);
      return `${found.user}@${found.host}`;
    });
    return this.changed(flags.rig, account, `${account} is gone`);
  }
}
