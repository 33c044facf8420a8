import { GtCommand } from '../../../src/cli/gt-command.ts';
import type { Paint } from '../../../src/cli/style.ts';
import { textTable } from '../../../src/cli/text-table.ts';
import { openTown } from '../../../src/open-town.ts';
import { listRigs, type TownList } from '../../../src/supervisor/list-rigs.ts';

export default class List extends GtCommand {
  static override summary = 'List the configured rigs, their directories and ports';
  static override examples = ['<%= config.bin %> <%= command.id %>'];

  async run(): Promise<TownList> {
    const { flags } = await this.parse(List);
    return this.show(await listRigs(openTown({ dataDir: this.dataDir(flags) }).paths, process.env), render);
  }
}

function render({ data_dir, rigs }: TownList, paint: Paint): string {
  if (rigs.length === 0) return `No rig in ${data_dir}. Make the first: gt dolt start`;
  const rows = rigs.map((rig) => [
    rig.rig,
    rig.port === null ? '-' : `${rig.host}:${rig.port}`,
    rig.remotesapi_port === null ? '-' : String(rig.remotesapi_port),
    rig.configured ? (rig.database_exists ? 'yes' : 'not yet') : 'yes, but not in gt.yaml',
    rig.directory ?? 'managed elsewhere',
  ]);
  return textTable(['RIG', 'ENDPOINT', 'REMOTESAPI', 'DATABASE', 'DIRECTORY'], rows, paint);
}
