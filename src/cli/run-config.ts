import { Config, type Interfaces } from '@oclif/core';
import { setLogger } from '@oclif/core/logger';

/**
 * oclif's configuration for running one command of our own programs: what it would find out by its
 * search for plugins, themes and shells, we know or do not use.
 */
export class RunConfig extends Config {
  constructor(program: { name: string; version: string; root: string }) {
    const { name, version, root } = program;
    super({ root });
    const oclif = { bin: name, topicSeparator: ' ' } as const;
    Object.assign(this, { bin: name, name, version, root, topicSeparator: ' ', pjson: { name, version, oclif } });
    setLogger({ root, logger: SILENT });
  }

  /** Nobody hooks into them. */
  override async runHook(): Promise<{ successes: []; failures: [] }> {
    return { successes: [], failures: [] };
  }
}

const ignore = () => undefined;
/** oclif logs for who debugs oclif; its own logger takes longer to load than a command line to read. */
const SILENT: Interfaces.Logger = {
  namespace: 'oclif',
  child: () => SILENT,
  debug: ignore,
  error: ignore,
  info: ignore,
  trace: ignore,
  warn: ignore,
};
