import type { Paint } from '../../../../src/cli/style.ts';
import { textTable } from '../../../../src/cli/text-table.ts';
import { rigFlag, UserCommand } from '../../../../src/cli/user-command.ts';
import { type Account, listAccounts } from '../../../../src/dolt/accounts.ts';
import { withAccounts } from '../../../../src/supervisor/rig-accounts.ts';

/** The JSON of `gt dolt user list`. */
export interface AccountList {
  rig: string;
  users: Account[];
}

export default class UserList extends UserCommand {
  static override summary = 'Show who may log in to a rig’s server';
  static override examples = ['<%= config.bin %> <%= command.id %> --rig gastown'];
  static override flags = rigFlag;

  async run(): Promise<AccountList> {
    const { flags } = await this.parse(UserList);
    const users = await withAccounts(this.accounts(flags), listAccounts);
    return this.show({ rig: flags.rig, users }, render);
  }
}

function render({ users }: AccountList, paint: Paint): string {
  const yes = (value: boolean) => (value ? 'yes' : 'no');
  const rows = users.map((one) => [
    `${one.user}@${one.host}`,
    one.password ? 'yes' : paint('red', 'NONE'),
    yes(one.sync),
    one.grants
      .map((grant) => grant.replace(/^GRANT (.*) TO .*$/, '$1'))
      .join('; ')
      .slice(0, 80),
  ]);
  return textTable(['ACCOUNT', 'PASSWORD', 'SYNC', 'MAY'], rows, paint);
}
