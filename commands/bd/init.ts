import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Flags } from '@oclif/core';
import { importIssues } from '../../src/beads/transfer/import.ts';
import { setConfig } from '../../src/beads/workspace/config-store.ts';
import { initBeads } from '../../src/beads/workspace/init.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import type { BdFlags } from '../../src/cli/bd-flags.ts';
import { openImport } from '../../src/cli/import-source.ts';
import { GO_INIT_FLAGS, initNotes, requireDolt } from '../../src/cli/render/init-flags.ts';
import { initDocument, renderInit } from '../../src/cli/render-init.ts';
import { AppError } from '../../src/errors.ts';

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
    ...GO_INIT_FLAGS,
  };

  async run() {
    const { flags } = await this.parse(Init);
    this.refuseReadonly(flags);
    requireDolt(flags);
    const shared = flags['shared-server'];
    const result = await initBeads({
      dir: this.directory(flags),
      env: shared ? { ...process.env, BD_DOLT_SHARED_SERVER: '1' } : process.env,
      prefix: flags.prefix,
      server: flags.server || shared || undefined,
      host: flags['server-host'],
      port: flags['server-port'],
      user: flags['server-user'],
      socket: flags['server-socket'],
      database: flags.database,
      rig: flags.rig,
      remote: flags.remote,
      stealth: flags.stealth || flags['setup-exclude'],
      skipAgents: flags['skip-agents'],
      actor: flags.actor,
      findDolt: () => this.findDolt(),
    });
    for (const note of initNotes(flags)) this.progress(note);
    if (flags.role) await this.setRole(flags, flags.role);
    const imported = flags['from-jsonl'] ? { imported: await this.importJsonl(flags) } : {};
    return this.show({ ...initDocument(result), ...imported }, (document, paint) =>
      flags.quiet ? '' : renderInit(document, paint),
    );
  }

  private async setRole(flags: BdFlags, role: string): Promise<void> {
    try {
      await setConfig(this.configAccess(flags), new Map([['beads.role', role]]));
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'IO_ERROR') throw error;
      this.progress(`note: --role was not kept: ${error.message}`);
    }
  }

  /** Into an empty database only: a repeated init must not take back what was changed since. */
  private async importJsonl(flags: BdFlags): Promise<number> {
    const beads = await this.open(flags, { write: true });
    const path = join(beads.beadsDir ?? '', 'issues.jsonl');
    const [some] = await beads.db.query('SELECT 1 FROM issues LIMIT 1');
    if (some || !existsSync(path)) {
      const why = some ? 'the database holds issues already; bd import   takes the file over' : `there is no ${path}`;
      this.progress(`note: --from-jsonl imported nothing: ${why}`);
      return 0;
    }
    const { open, name, close } = await openImport(path, { directory: '.', beadsDir: undefined });
    const { created, updated } = await importIssues(beads, { open, source: name }).finally(close);
    this.progress(`Imported ${created + updated} issues from ${path}`);
    return created + updated;
  }
}
