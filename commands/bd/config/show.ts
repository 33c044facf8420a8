import { allConfig, type ConfigEntry } from '../../../src/beads/workspace/config-store.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import type { Paint } from '../../../src/cli/style.ts';

export default class ConfigShow extends BdCommand {
  static override summary = 'Show all settings and where each comes from';

  async run() {
    const { flags } = await this.parse(ConfigShow);
    const { entries, unreachable } = await allConfig(this.configAccess(flags));
    if (unreachable) this.progress(`note: without the settings of the database: ${unreachable}`);
    return this.show(entries, renderSettings);
  }
}

function renderSettings(entries: readonly ConfigEntry[], paint: Paint): string {
  const width = Math.max(...entries.map(({ key, value }) => `${key} = ${value}`.length));
  return entries
    .map(
      ({ key, value, location }) =>
        `${`${key} = ${value}`.padEnd(Math.min(width, 60))}  ${paint('dim', `(${location})`)}`,
    )
    .join('\n');
}
