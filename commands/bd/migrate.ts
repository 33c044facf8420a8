import { Flags } from '@oclif/core';
import { cleanUpLegacy } from '../../src/beads/migrate/cleanup.ts';
import { migrateToDolt } from '../../src/beads/migrate/migrate.ts';
import { planMigration } from '../../src/beads/migrate/plan.ts';
import { migrationState } from '../../src/beads/migrate/state.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { confirm, requireConsent } from '../../src/cli/confirm.ts';
import * as view from '../../src/cli/render/migrate.ts';
import { keepHeapSmall } from '../../src/cli/small-heap.ts';

export default class Migrate extends BdCommand {
  static override summary = 'Take the issues of a SQLite database over to Dolt';
  static override description =
    `Backs the SQLite file up, imports what it holds, compares every row, and then switches. The file
itself is only read. Without --to-dolt it says what the workspace uses.`;
  static override examples = [
    { description: 'What would go over, and what would not', command: '<%= config.bin %> migrate --to-dolt --dry-run' },
    '<%= config.bin %> migrate --to-dolt',
    { description: 'Remove the SQLite files; backups stay', command: '<%= config.bin %> migrate --to-dolt --cleanup' },
  ];
  static override flags = {
    'to-dolt': Flags.boolean({ summary: 'migrate from SQLite to Dolt' }),
    'dry-run': Flags.boolean({ summary: 'read and count, write nothing' }),
    inspect: Flags.boolean({ summary: 'what would go over, or what is used already; writes nothing' }),
    cleanup: Flags.boolean({ summary: 'remove the SQLite files if Dolt holds the same; asks before' }),
    yes: Flags.boolean({ char: 'y', summary: 'do not ask' }),
    server: Flags.boolean({ summary: 'keep the issues on a Dolt server that runs already' }),
    'server-host': Flags.string({ summary: 'its address (default 127.0.0.1)', helpValue: 'HOST' }),
    'server-port': Flags.integer({ summary: 'its port (default 3307, or the rig’s)', min: 1, max: 65_535 }),
    'server-user': Flags.string({ summary: 'user there (default root)', helpValue: 'USER' }),
    'server-socket': Flags.string({ summary: 'unix socket, in place of host and port', helpValue: 'PATH' }),
    database: Flags.string({ summary: 'name of the database (default: after the prefix)', helpValue: 'NAME' }),
    rig: Flags.string({ summary: 'use this rig’s database on its server', helpValue: 'RIG' }),
  };

  async run(): Promise<view.MigrateDocument> {
    const { flags } = await this.parse(Migrate);
    keepHeapSmall();
    const options = {
      dir: this.directory(flags),
      env: process.env,
      db: flags.db,
      server: flags.server,
      host: flags['server-host'],
      port: flags['server-port'],
      user: flags['server-user'],
      socket: flags['server-socket'],
      database: flags.database,
      rig: flags.rig,
      actor: flags.actor,
      now: new Date(),
      findDolt: () => this.findDolt(),
      onProgress: (text: string) => this.progress(text),
    };
    const print = (text: string) => {
      if (!this.jsonEnabled() && !flags.quiet) this.print(text);
    };
    const inspects = flags.inspect && (await migrationState(options)).backend === 'sqlite';
    if (inspects || (flags['dry-run'] && flags['to-dolt'] && !flags.inspect)) {
      const plan = await planMigration(options);
      if (plan) {
        print(view.renderPlan(plan, this.paint));
        if (plan.blocked && !flags.inspect) process.exitCode = 1;
        return view.planDocument(plan);
      }
    } else if (!flags.inspect && (flags['to-dolt'] || flags.cleanup)) {
      this.refuseReadonly(flags);
      if (flags.cleanup) requireConsent('removing the SQLite files', flags.yes);
      const result = flags['to-dolt'] ? await migrateToDolt(options) : undefined;
      if (result) print(view.renderResult(result, this.paint));
      const document = result && view.resultDocument(result);
      if (flags.cleanup) {
        const ask = (files: readonly string[]) =>
          flags.yes ? Promise.resolve(true) : confirm(`Dolt holds the same. Remove ${files.join(', ')}?`);
        const cleaned = await cleanUpLegacy({ ...options, confirm: ask });
        print(view.renderCleanup(cleaned, this.paint));
        return view.cleanupDocument(cleaned, document);
      }
      if (document) return document;
    }
    const state = await migrationState(options);
    print((flags['to-dolt'] && !flags.inspect ? view.renderAlreadyDolt : view.renderState)(state, this.paint));
    return view.stateDocument(state);
  }
}
