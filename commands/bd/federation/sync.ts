import { Args, Flags } from '@oclif/core';
import type { Beads } from '../../../src/beads/beads.ts';
import { federationStatus } from '../../../src/beads/federation/status.ts';
import { syncPeers } from '../../../src/beads/federation/sync.ts';
import { MergeConflictError } from '../../../src/beads/history/merge-conflict.ts';
import type { Side } from '../../../src/beads/history/merge-rules.ts';
import { errorText } from '../../../src/cli/base-command.ts';
import { BdCommand } from '../../../src/cli/bd-command.ts';
import { progressLine } from '../../../src/cli/progress-line.ts';
import { renderStep, renderSyncEnd, syncDocument } from '../../../src/cli/render/federation.ts';
import { renderStatus, statusDocument } from '../../../src/cli/render/federation-status.ts';
import { renderConflicts } from '../../../src/cli/render/vc-merge.ts';
import { painter } from '../../../src/cli/style.ts';
import { AppError } from '../../../src/errors.ts';
import { parseDuration } from '../../../src/util/duration.ts';

export default class FederationSync extends BdCommand {
  static override summary = 'Fetch from peers, merge, and push to them';
  static override description =
    'Uncommitted changes are committed first. Two changes of one issue go together unless they are of the same field: then this peer is left as it was, and the fields are shown. Exit code 0 means that every peer is in sync.';
  static override examples = [
    '<%= config.bin %> federation sync',
    '<%= config.bin %> federation sync town-beta --strategy theirs',
  ];
  static override strict = false;
  static override args = { peer: Args.string({ description: 'names of peers (default: all)' }) };
  static override flags = {
    peer: Flags.string({ summary: 'name of a peer', multiple: true }),
    strategy: Flags.string({ summary: 'the side that wins in fields that both changed: ours or theirs' }),
    'dry-run': Flags.boolean({ summary: 'show what would be done, and change nothing' }),
    timeout: Flags.string({ summary: 'how long a talk with a peer may take', helpValue: '5m' }),
  };

  async run(): Promise<object> {
    const { argv, flags } = await this.parse(FederationSync);
    const strategy = side(flags.strategy);
    const timeoutMs = flags.timeout === undefined ? undefined : parseDuration(flags.timeout);
    const beads = await this.open(flags, { write: true });
    const peers = [...argv.map(String), ...(flags.peer ?? [])];
    if (flags['dry-run']) return this.preview(beads, { peers, timeoutMs, strategy });
    const line = progressLine(process.stderr, flags.quiet);
    const say = (text: string) => {
      line.clear();
      if (!this.jsonEnabled() && !flags.quiet) this.print(text);
    };
    const results = await syncPeers(beads, {
      peers,
      strategy,
      timeoutMs,
      findDolt: () => this.findDolt(),
      onProgress: (text) => line.show(`  ${text}`),
      onStep: (peer, step) => say(renderStep(peer, step, this.paint)),
      onFailure: (_, error) => this.failed(error, say),
    }).catch((error: unknown) => {
      if (error instanceof MergeConflictError) say(renderConflicts(error.conflicts, this.paint));
      throw error;
    });
    if (!results.every((result) => result.inSync)) process.exitCode = 1;
    say(renderSyncEnd(results, this.paint));
    return syncDocument(results);
  }

  private async preview(
    beads: Beads,
    { timeoutMs = 60_000, ...options }: { peers: string[]; timeoutMs: number | undefined; strategy: Side | undefined },
  ): Promise<object> {
    const status = await federationStatus(beads, { ...options, timeoutMs, findDolt: () => this.findDolt() });
    const stops = status.peers.some(
      ({ error, outlook }) => error || (options.strategy === undefined && (outlook?.conflicts.length ?? 0) > 0),
    );
    if (stops) process.exitCode = 1;
    if (!this.jsonEnabled()) this.print(renderStatus(status, this.paint));
    return { ...statusDocument(status), dry_run: true };
  }

  private failed(error: AppError, say: (text: string) => void): void {
    if (this.jsonEnabled()) return;
    if (error instanceof MergeConflictError) say(renderConflicts(error.conflicts, this.paint));
    process.stderr.write(errorText(error, painter(process.stderr), '  ✗'));
  }
}

function side(value: string | undefined): Side | undefined {
  if (value === undefined || value === 'ours' || value === 'theirs') return value;
  throw new AppError('VALIDATION', `invalid strategy "${value}": must be 'ours' or 'theirs'`);
}
