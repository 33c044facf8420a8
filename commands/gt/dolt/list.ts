import { GtCommand } from '../../../src/cli/gt-command.ts';

export default class List extends GtCommand {
  static override summary = 'List the configured rigs';

  async run() {
    const { flags } = await this.parse(List);
    return this.show({ data_dir: this.dataDir(flags) }, (result) => result.data_dir);
  }
}
