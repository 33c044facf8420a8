import { Args, Flags } from '@oclif/core';
import { errorText } from '../../../src/cli/base-command.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { toAppError } from '../../../src/cli/error-projection.ts';
import { runEvery } from '../../../src/cli/every.ts';
import { previewSync, readStrategy, runSync } from '../../../src/cli/federation-sync.ts';
import { REPEATED } from '../../../src/cli/repeated.ts';
import { painter } from '../../../src/cli/style.ts';
import { AppError } from '../../../src/errors.ts';
import { parseDuration } from '../../../src/util/duration.ts';

export default class FederationSync extends BdCommand {
  static override summary = 'Fetch from peers, merge, and push to them';
  static override description =
    'Uncommitted changes are committed first. Two changes of one issue go together unless they are of the same field: then this peer is left as it was, and the fields are shown. Exit code 0 means that every peer is in sync. The supervisor does it again and again where gt.yaml has, for the rig, sync: { every: 5m, dir: PROJECT }.';
  static override examples = [
    '<%= config.bin %> federation sync',
    '<%= config.bin %> federation sync town-beta --strategy theirs',
    { description: 'Again and again, until Ctrl-C', command: '<%= config.bin %> federation sync --every 5m' },
  ];
  static override strict = false;
  static override args = { peer: Args.string({ description: 'names of peers (default: all)' }) };
  static override flags = {
    peer: Flags.string({ summary: 'name of a peer', ...REPEATED }),
    strategy: Flags.string({ summary: 'the side that wins in fields that both changed: ours or theirs' }),
    'dry-run': Flags.boolean({ summary: 'show what would be done, and change nothing' }),
    timeout: Flags.string({ summary: 'how long a talk with a peer may take', helpValue: '5m' }),
    every: Flags.string({
      summary: 'sync again after this pause, until Ctrl-C',
      helpValue: '5m',
      exclusive: ['dry-run'],
    }),
  };

  async run(): Promise<object> {
    const { argv, flags } = await this.parse(FederationSync);
    const request = {
      peers: [...argv.map(String), ...(flags.peer ?? [])],
      strategy: readStrategy(flags.strategy),
      timeoutMs: flags.timeout === undefined ? undefined : parseDuration(flags.timeout),
      findDolt: () => this.findDolt(),
    };
    const json = this.jsonEnabled();
    const quiet = flags.quiet ?? false;
    const say = (text: string) => (json || quiet ? undefined : this.print(text));
    const act = flags['dry-run'] ? previewSync : runSync;
    const once = async () => {
      const beads = await this.open(flags, { write: true });
      try {
        return await act(beads, request, { json, quiet, say });
      } finally {
        await beads.close();
      }
    };
    if (flags.every === undefined) {
      const { document, inSync } = await once();
      if (!inSync) process.exitCode = 1;
      return document;
    }
    if (json) throw new AppError('VALIDATION', '--every tells no end, so there is no JSON document for it');
    const stamped = async () => {
      say(`${new Date().toISOString().slice(0, 19)}Z`);
      await once();
    };
    const told = (error: unknown) => process.stderr.write(errorText(toAppError(error, 'bd'), painter(process.stderr)));
    await runEvery(flags.every, this.signal, stamped, told);
    return {};
  }
}
