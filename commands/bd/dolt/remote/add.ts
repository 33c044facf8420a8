import { Args } from '@oclif/core';
import { addRemote } from '../../../../src/beads/remotes/remotes.ts';
import { BdCommand } from '../../../../src/cli/bd-command.ts';

export default class DoltRemoteAdd extends BdCommand {
  static override summary = 'Add a Dolt remote';
  static override description =
    'origin is the one that push and pull mean; it becomes sync.remote of config.yaml, from which fresh clones of the project get their issues.';
  static override examples = [
    '<%= config.bin %> dolt remote add origin file:///srv/issues',
    '<%= config.bin %> dolt remote add origin http://host:8080/beads',
    '<%= config.bin %> dolt remote add origin git+ssh://git@example.org/ann/app.git',
  ];
  static override args = {
    name: Args.string({ description: 'its name', required: true }),
    url: Args.string({ description: 'its address', required: true }),
  };

  async run() {
    const { args, flags } = await this.parse(DoltRemoteAdd);
    const beads = await this.open(flags, { write: true });
    return this.show(await addRemote(beads, args), ({ added, name, url }, paint) =>
      added ? `${paint('green', '✓')} Added remote: ${name}  ${url}` : `The remote ${name} is ${url} already.`,
    );
  }
}
