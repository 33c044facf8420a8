import { Flags } from '@oclif/core';
import type { Beads } from '../../src/beads/beads.ts';
import { claimReady } from '../../src/beads/operations/claim-next.ts';
import { explainReady } from '../../src/beads/query/explain.ts';
import { ALL_PARTS } from '../../src/beads/query/listed.ts';
import { asksForReady, type ReadyOptions, readyWork } from '../../src/beads/query/ready.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { readyFlags, readyOptionsOf } from '../../src/cli/ready-flags.ts';
import { gatedOnly, readyText } from '../../src/cli/ready-text.ts';
import { renderClaim, renderExplanation, renderReady, renderReadyPlain } from '../../src/cli/render/ready.ts';

export default class Ready extends BdCommand {
  static override summary = 'Show the work that can be taken now';
  static override description =
    'Open issues that nothing blocks: no open dependency, no blocked parent, not put off to a later time.';
  static override examples = ['<%= config.bin %> ready -u -n 1', '<%= config.bin %> ready --claim --json'];
  static override flags = {
    ...readyFlags,
    claim: Flags.boolean({ summary: 'take the first that nobody has' }),
    explain: Flags.boolean({ summary: 'why work is ready, and why it is not' }),
    gated: Flags.boolean({ summary: 'only what a gate held back until it was closed' }),
    plain: Flags.boolean({ summary: 'a numbered list' }),
    pretty: Flags.boolean({ summary: 'the usual list' }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(Ready);
    const beads = await this.open(flags, flags.claim ? { write: true } : { write: false, ahead: asksForReady });
    const options = await readyOptionsOf(beads, flags);
    if (flags.claim) return this.claim(beads, options);
    if (flags.explain) return this.showPaged(await explainReady(beads, options), renderExplanation);
    const parts = this.jsonEnabled() ? ALL_PARTS : { fields: false, labels: false, dependencies: true, counts: false };
    const found = await readyWork(beads, { ...options, parts });
    const ready = flags.gated ? await gatedOnly(beads, found) : found;
    if (this.jsonEnabled()) return ready.issues;
    const render = flags.plain ? renderReadyPlain : renderReady;
    await this.showPaged(await readyText(beads, ready), render);
    return ready.issues;
  }

  private async claim(beads: Beads, options: ReadyOptions): Promise<unknown> {
    const claimed = await claimReady(beads, options);
    return this.show(claimed ? [claimed] : [], renderClaim);
  }
}
