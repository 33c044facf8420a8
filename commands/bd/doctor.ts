import { Args, Flags } from '@oclif/core';
import type { DoctorReport } from '../../src/beads/doctor/doctor.ts';
import { type DeepReport, deepReport } from '../../src/beads/doctor/go-report.ts';
import { onlyCheck } from '../../src/beads/doctor/only-check.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { bdJson } from '../../src/cli/go-json.ts';
import { renderDoctor } from '../../src/cli/render/doctor.ts';
import { writeStreamAtomic } from '../../src/util/atomic-write.ts';

/** What `bd doctor --json` prints; the keys of the Go `bd`, and what was mended. */
export interface DoctorDocument extends Omit<DoctorReport, 'totals' | 'server_checks'>, Partial<DeepReport> {
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
    check: Flags.string({
      summary: 'tell, and judge by, this check alone',
      helpValue: 'NAME',
      exclusive: ['fix'],
    }),
    output: Flags.string({ char: 'o', summary: 'write the JSON document to a file as well', helpValue: 'FILE' }),
    yes: Flags.boolean({ char: 'y', summary: 'ask nothing (--fix never asks)', hidden: true }),
  };

  async run(): Promise<DoctorDocument> {
    const { args, flags } = await this.parse(Doctor);
    const dryRun = flags['dry-run'];
    if (flags.fix && !dryRun) this.refuseReadonly(flags);
    const { examineWorkspace } = await import('../../src/examine-workspace.ts');
    const { check, output, ...options } = flags;
    const all = await examineWorkspace({
      ...options,
      dryRun,
      dir: args.path ?? this.directory(flags),
      onStep: (text) => this.progress(text),
    });
    const report = check === undefined ? all : onlyCheck(all, check);
    if (!report.overall_ok) process.exitCode = 1;
    const { totals, server_checks = [], ...found } = report;
    const document: DoctorDocument = {
      ...found,
      checks: [...found.checks, ...server_checks],
      ...(flags.deep ? deepReport(found.checks, totals) : {}),
      cli_version: this.config.version,
      platform: {
        backend: 'dolt',
        node_version: process.version,
        os_arch: `${process.platform}/${process.arch}`,
      },
      timestamp: new Date().toISOString(),
    };
    if (output !== undefined) await writeStreamAtomic(output, (write) => write(`${bdJson(document)}\n`), 0o644);
    return this.show(document, (result, paint) => {
      // Those of the Go bd repeat what is there.
      const text = renderDoctor({ ...result, checks: found.checks }, `bd doctor v${this.config.version}`, paint);
      return result.backup ? `${text}\n\nBackup of the rows before: ${result.backup}` : text;
    });
  }
}
