import { Flags } from '@oclif/core';
import { GtCommand } from '../../../src/cli/gt-command.ts';
import { renderDoctor } from '../../../src/cli/render/doctor.ts';
import { openTown } from '../../../src/open-town.ts';
import type { TownReport } from '../../../src/supervisor/doctor/examine-town.ts';

export default class Doctor extends GtCommand {
  static override summary = 'Check the town: data dir, supervisor, servers, ports, files';
  static override description =
    'Ends with 1 when a check found an error; warnings alone are no failure. Changes nothing without --fix, and never starts or stops a server.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --deep --json',
    '<%= config.bin %> <%= command.id %> --fix',
  ];
  static override flags = {
    deep: Flags.boolean({ summary: 'have Dolt check every chunk of the stopped rigs; takes longer' }),
    fix: Flags.boolean({ summary: 'mend what is safe' }),
    'dry-run': Flags.boolean({ summary: 'with --fix: say what would be mended, and change nothing' }),
  };

  async run(): Promise<TownReport> {
    const { flags } = await this.parse(Doctor);
    const town = openTown({ dataDir: this.dataDir(flags) });
    const report = await town.examine({ deep: flags.deep, fix: flags.fix, dryRun: flags['dry-run'] });
    if (!report.overall_ok) process.exitCode = 1;
    return this.show(report, (result, paint) => renderDoctor(result, `gt dolt doctor ${result.data_dir}`, paint));
  }
}
