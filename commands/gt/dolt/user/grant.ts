import {
  type ChangedAccount,
  rigFlag,
  roleFlags,
  roleOf,
  UserCommand,
  userArg,
} from '../../../../src/cli/user-command.ts';
import { findAccount, grantRole } from '../../../../src/dolt/accounts.ts';
import { withAccounts } from '../../../../src/supervisor/rig-accounts.ts';

export default class UserGrant extends UserCommand {
  static override summary = 'Let an account of a rig’s server do more';
  static override description = 'Without --sync and --read-only: everything in the rig’s database.';
  static override examples = ['<%= config.bin %> <%= command.id %> ann --sync'];
  static override args = userArg;
  static override flags = { ...rigFlag, ...roleFlags };

  async run(): Promise<ChangedAccount> {
    const { args, flags } = await this.parse(UserGrant);
    const role = roleOf(flags);
    const account = await withAccounts(this.accounts(flags), async (sql) => {
      const found = await findAccount(sql, args.user);
      await grantRole(sql, found, role, flags.rig);
      return `${found.user}@${found.host}`;
    });
    return this.changed(flags.rig, account, `${account} may ${role}`);
  }
}
