import { Config } from '@oclif/core';

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
  }

  /** Nobody hooks into them. */
  override async runHook(): Promise<{ successes: []; failures: [] }> {
    return { successes: [], failures: [] };
  }
}
