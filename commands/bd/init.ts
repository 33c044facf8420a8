import { Flags } from '@oclif/core';
import { initBeads } from '../../src/beads/workspace/init.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { initDocument, renderInit } from '../../src/cli/render-init.ts';

export default class Init extends BdCommand {
  static override summary = 'Make a beads database for this directory';
  static override description =
    `The issues are kept in .beads/dolt, or, with --server, on a Dolt server that runs already: bd starts none.
Safe to repeat: what is there is told and kept. No git hooks are installed and nothing is committed to git.`;
  static override examples = [
    '<%= config.bin %> init',
    '<%= config.bin %> init --prefix hm',
    { description: 'On the server of the town', command: 'gt dolt start && <%= config.bin %> init --server' },
    { description: 'In the database of a rig', command: '<%= config.bin %> init --rig gastown' },
  ];
  static override flags = {
    prefix: Flags.string({ char: 'p', summary: 'prefix of ids (default: the directory’s name)' }),
    server: Flags.boolean({ summary: 'keep the issues on a Dolt server' }),
    'server-host': Flags.string({ summary: 'its address (default 127.0.0.1)', helpValue: 'HOST' }),
    'server-port': Flags.integer({ summary: 'its port (default 3307, or the rig’s)', min: 1, max: 65_535 }),
    'server-user': Flags.string({ summary: 'user there (default root)', helpValue: 'USER' }),
    'server-socket': Flags.string({ summary: 'unix socket, in place of host and port', helpValue: 'PATH' }),
    database: Flags.string({ summary: 'name of the database (default: after the prefix)', helpValue: 'NAME' }),
    rig: Flags.string({ summary: 'use this rig’s database on its server', helpValue: 'RIG' }),
    remote: Flags.string({ summary: 'Dolt remote: cloned if it has data, else added', helpValue: 'URL' }),
    'non-interactive': Flags.boolean({ summary: 'ask nothing (init never does)' }),
    stealth: Flags.boolean({ summary: 'leave no trace in the repository but an ignored .beads' }),
    'skip-hooks': Flags.boolean({ summary: 'install no git hooks (init never does)' }),
    'skip-agents': Flags.boolean({ summary: 'leave AGENTS.md as it is' }),
  };

  async run() {
    const { flags } = await this.parse(Init);
    this.refuseReadonly(flags);
    const result = await initBeads({
      dir: this.directory(flags),
      env: process.env,
      prefix: flags.prefix,
      server: flags.server,
      host: flags['server-host'],
      port: flags['server-port'],
      user: flags['server-user'],
      socket: flags['server-socket'],
      database: flags.database,
      rig: flags.rig,
      remote: flags.remote,
      stealth: flags.stealth,
      skipAgents: flags['skip-agents'],
      actor: flags.actor,
      findDolt: () => this.findDolt(),
    });
    return this.show(initDocument(result), (document, paint) => (flags.quiet ? '' : renderInit(document, paint)));
  }
}
