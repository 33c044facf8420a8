import { Args, Flags } from '@oclif/core';
import type { Beads } from '../../../src/beads/beads.ts';
import { foreseenConflicts } from '../../../src/beads/federation/status.ts';
import { syncPeers } from '../../../src/beads/federation/sync.ts';
import type { Side } from '../../../src/beads/history/merge-rules.ts';
import { errorText } from '../../../src/cli/base-command.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { askChoices, readChoices } from '../../../src/cli/conflict-choices.ts';
import { renderStep, syncDocument } from '../../../src/cli/render/federation.ts';
import { renderConflicts } from '../../../src/cli/render/vc-merge.ts';
import { painter } from '../../../src/cli/style.ts';

export default class FederationResolve extends BdCommand {
  static override summary = 'Sync with a peer, and choose for each issue that both changed';
  static override description =
    'A choice is ID=ours (this database) or ID=theirs (the peer). On a terminal the ones that are not given are asked for.';
  static override examples = [
    '<%= config.bin %> federation resolve town-beta',
    '<%= config.bin %> federation resolve town-beta hm-a1=ours hm-b2=theirs',
  ];
  static override strict = false;
  static override args = {
    peer: Args.string({ description: 'name of the peer', required: true }),
    choice: Args.string({ description: 'ID=ours or ID=theirs' }),
  };
  static override flags = {
    strategy: Flags.option({ summary: 'for all other issues', options: ['ours', 'theirs'] as const })(),
  };

  async run(): Promise<object> {
    const { args, argv, flags } = await this.parse(FederationResolve);
    const given = readChoices(argv.slice(1).map(String));
    const beads = await this.open(flags, { write: true });
    const { strategy } = flags;
    const choices = strategy ? given : await this.complete(beads, args.peer, given);
    const results = await syncPeers(beads, {
      peers: [args.peer],
      strategy,
      choices,
      findDolt: () => this.findDolt(),
      onStep: (peer, step) => this.say(renderStep(peer, step, this.paint)),
      onFailure: (_, error) => process.stderr.write(errorText(error, painter(process.stderr), '  ✗')),
    });
    const [result] = results;
    if (result?.error) {
      process.exitCode = 1;
      if (result.conflicts.length > 0) this.say(renderConflicts(result.conflicts, this.paint));
    }
    return syncDocument(results);
  }

  /** Asks for the choices that were not given. */
  private async complete(
    beads: Beads,
    peer: string,
    given: ReadonlyMap<string, Side>,
  ): Promise<ReadonlyMap<string, Side>> {
    const conflicts = await foreseenConflicts(beads, peer, { findDolt: () => this.findDolt() });
    return askChoices(conflicts, given, this.paint);
  }

  private say(text: string): void {
    if (!this.jsonEnabled()) this.print(text);
  }
}
