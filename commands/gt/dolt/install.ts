import { homedir } from 'node:os';
import { Flags } from '@oclif/core';
import { GtCommand } from '../../../src/cli/gt-command.ts';
import { type InstalledDolt, installDolt } from '../../../src/dolt/install.ts';
import { readTownConfig } from '../../../src/town/config.ts';
import { townPaths } from '../../../src/town/data-dir.ts';

export default class Install extends GtCommand {
  static override summary = 'Make Dolt available';

  static override description =
    'Looks in GT_DOLT_BIN, dolt.path of gt.yaml, PATH and the cache of gt, in this order. Where nothing usable is found, installs the official release into the cache, or builds the pinned source where the release cannot be had and Go is there.';

  static override flags = {
    version: Flags.string({ summary: 'install this version', helpValue: 'V' }),
    from: Flags.option({ summary: 'take this route only', options: ['release', 'source'] as const })(),
  };

  async run() {
    const { flags } = await this.parse(Install);
    const { doltPath } = await readTownConfig(townPaths(this.dataDir(flags)).config);
    const installed = await installDolt({
      env: process.env,
      home: process.env['HOME'] || homedir(),
      configuredPath: doltPath,
      version: flags.version,
      from: flags.from,
      packageRoot: this.config.root,
      releasesUrl: process.env['GT_DOLT_RELEASES_URL'] || undefined,
      signal: this.signal,
      onProgress: (line) => this.progress(line),
    });
    return this.show(installed, renderInstalled);
  }
}

function renderInstalled({ path, version, source }: InstalledDolt): string {
  const how = {
    env: 'found through GT_DOLT_BIN',
    config: 'found through dolt.path in gt.yaml',
    path: 'found on PATH',
    cache: 'installed already',
    release: 'installed from the official release',
    source: 'built from source',
  }[source];
  return `Dolt ${version} (${how}): ${path}`;
}
