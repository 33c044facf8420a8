import { Flags } from '@oclif/core';
import { moveBeads } from '../../../src/beads/move/move.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { type MoveDocument, moveDocument, renderMove } from '../../../src/cli/render/move.ts';

export default class DoltMove extends BdCommand {
  static override summary = 'Move the database to a server, or from there into .beads';
  static override description =
    `Copies the database with its history, branches and what is not committed, compares, and then lets
this workspace use the copy. What was moved is kept: an embedded database in .beads/backup, one of a
server where it is. Writers of bd wait meanwhile. The server must run, on this machine.`;
  static override examples = [
    {
      description: 'To the server on 127.0.0.1:3307, or as configured',
      command: '<%= config.bin %> dolt move --to server',
    },
    '<%= config.bin %> dolt move --to server --server-port 3308',
    '<%= config.bin %> dolt move --to embedded',
  ];
  static override flags = {
    to: Flags.option({ summary: 'where it goes', options: ['server', 'embedded'] as const, required: true })(),
    'server-host': Flags.string({ summary: 'address of the server (default 127.0.0.1)', helpValue: 'HOST' }),
    'server-port': Flags.integer({ summary: 'its port (default 3307, or the rig’s)', min: 1, max: 65_535 }),
    'server-user': Flags.string({ summary: 'user there (default root)', helpValue: 'USER' }),
    'server-socket': Flags.string({ summary: 'unix socket, in place of host and port', helpValue: 'PATH' }),
    database: Flags.string({ summary: 'another name for the copy', helpValue: 'NAME' }),
  };

  async run(): Promise<MoveDocument> {
    const { flags } = await this.parse(DoltMove);
    this.refuseReadonly(flags);
    const result = await moveBeads({
      dir: this.directory(flags),
      env: process.env,
      db: flags.db,
      to: flags.to,
      host: flags['server-host'],
      port: flags['server-port'],
      user: flags['server-user'],
      socket: flags['server-socket'],
      database: flags.database,
      findDolt: () => this.findDolt(),
      now: new Date(),
      onProgress: (text) => this.progress(text),
    });
    if (!this.jsonEnabled()) this.print(renderMove(result, this.paint));
    return moveDocument(result);
  }
}
