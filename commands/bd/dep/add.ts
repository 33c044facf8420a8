import { Args, Flags } from '@oclif/core';
import { addDependencies, type NewDependency } from '../../../src/beads/operations/dependencies.ts';
import { parseDependencyLines } from '../../../src/beads/operations/dependency-lines.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { dependencyDocument, renderDependency } from '../../../src/cli/render-writes.ts';
import { readText } from '../../../src/cli/text-input.ts';
import { AppError } from '../../../src/errors.ts';

export default class DepAdd extends BdCommand {
  static override summary = 'Make an issue depend on another one';
  static override examples = [
    '<%= config.bin %> dep add hm-a3f hm-b2c',
    '<%= config.bin %> dep add hm-a3f hm-b2c --type discovered-from',
  ];
  static override args = {
    issue: Args.string({ description: 'the issue that depends' }),
    'depends-on': Args.string({ description: 'what it depends on: an id, or external:PROJECT:CAPABILITY' }),
  };
  static override flags = {
    type: Flags.string({ char: 't', summary: 'kind of dependency', default: 'blocks' }),
    'blocked-by': Flags.string({ summary: 'what it depends on', helpValue: 'ID', aliases: ['depends-on'] }),
    file: Flags.string({ summary: 'file with one JSON object {"from","to","type"} on each line', helpValue: 'FILE' }),
    'no-cycle-check': Flags.boolean({ summary: 'do not look for cycles' }),
  };

  async run() {
    const { args, flags } = await this.parse(DepAdd);
    const target = args['depends-on'] ?? flags['blocked-by'];
    let wanted: NewDependency[];
    if (flags.file !== undefined) wanted = parseDependencyLines(await readText(flags.file), flags.type);
    else if (args.issue !== undefined && target !== undefined) {
      wanted = [{ issue: args.issue, dependsOn: target, type: flags.type }];
    } else {
      const count = args.issue === undefined ? 0 : 1;
      const message = `requires 2 arg(s), only received ${count} (or use --blocked-by/--depends-on flag)`;
      throw new AppError('USAGE', message, { hint: 'bd dep add ISSUE DEPENDS_ON' });
    }
    const beads = await this.open(flags, { write: true });
    const changes = await addDependencies(beads, wanted, { checkCycles: !flags['no-cycle-check'] });
    const documents = changes.map((change) => dependencyDocument(change, 'added'));
    return this.show(flags.file === undefined ? documents[0] : documents, (_document, paint) =>
      flags.quiet ? '' : changes.map((change) => renderDependency(change, 'added', paint)).join('\n'),
    );
  }
}
