import { BdCommand } from '../../src/cli/bd-command.ts';
import { PACKAGE_NAME } from '../../src/package-info.ts';

export interface VersionResult {
  version: string;
  /** Name of the package that this `bd` comes from. */
  build: string;
}

export default class Version extends BdCommand {
  static override summary = 'Show the version of bd';

  async run(): Promise<VersionResult> {
    await this.parse(Version);
    const result = { version: this.config.version, build: PACKAGE_NAME };
    return this.show(result, ({ version, build }) => `bd version ${version} (${build})`);
  }
}
