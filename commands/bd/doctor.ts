import { Args, Flags } from '@oclif/core';
import type { DoctorReport } from '../../src/beads/doctor/doctor.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { renderDoctor } from '../../src/cli/render/doctor.ts';

/** What `bd doctor --json` prints; the keys of the Go `bd`, and what was mended. */
export interface DoctorDocument extends DoctorReport {
  cli_version: string;
  platform: { backend: 'dolt'; node_version: string; os_arch: string };
  timestamp: string;
}

export default class Doctor extends BdCommand {
  static override summary = 'Check the workspace, its database and its issues, and mend what is safe';
  static override description =
    'Ends with 1 when a check found an error; warnings alone are no failure. Changes nothing without --fix.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --deep --json',
    '<%= config.bin %> <%= command.id %> --fix',
  ];
  static override args = { path: Args.string({ description: 'directory of the project (default: here)' }) };
  static override flags = {
    deep: Flags.boolean({ summary: 'check every row and every chunk of the files; takes longer' }),
    server: Flags.boolean({ summary: 'check the server and its other databases as well' }),
    fix: Flags.boolean({ summary: 'mend what is safe, after a backup' }),
    'dry-run': Flags.boolean({ summary: 'with --fix: say what would be mended, and change nothing' }),
    yes: Flags.boolean({ char: 'y', summary: 'ask nothing (--fix never asks)', hidden: true }),
  };

  async run(): Promise<DoctorDocument> {
    const { args, flags } = await this.parse(Doctor);
    const dryRun = flags['dry-run'];
    if (flags.fix && !dryRun) this.refuseReadonly(flags);
    const { examineWorkspace } = await import('../../src/examine-workspace.ts');
    const report = await examineWorkspace({
      ...flags,
      dryRun,
      dir: args.path ?? this.directory(flags),
      onStep: (text) => this.progress(text),
    });
    if (!report.overall_ok) process.exitCode = 1;
    const document: DoctorDocument = {
      ...report,
      cli_version: this.config.version,
      platform: {
        backend: 'dolt',
        node_version: process.version,
        os_arch: `${process.platform}/${process.arch}`,
      },
      timestamp: new Date().toISOString(),
    };
    return this.show(document, (result, paint) => {
      const text = renderDoctor(result, `bd doctor v${this.config.version}`, paint);
      return result.backup ? `${text}\n\nBackup of the rows before: ${result.backup}` : text;
    });
  }
}
