import type { Interfaces } from '@oclif/core';
import type { Beads } from '../beads/beads.ts';
import type { ConfigAccess } from '../beads/workspace/config-store.ts';
import type { Location } from '../beads/workspace/locate.ts';
import { isTrue } from '../beads/workspace/setting-keys.ts';
import type { Queryable } from '../database/types.ts';
import { AppError, systemErrorCode } from '../errors.ts';
import { fileError } from '../util/atomic-write.ts';
import { BaseCommand, errorText } from './base-command.ts';
import { autoCommitOf, BD_FLAGS, type BdFlags } from './bd-flags.ts';
import { bdErrorDocument, bdExitCode } from './error-projection.ts';
import { bdJson } from './go-json.ts';
import { progressLine } from './progress-line.ts';
import { type Paint, painter } from './style.ts';

/**
 * Base of the `bd` commands: the global flags, an open database that is closed at the end, JSON as
 * the Go `bd` prints it, exit codes 0, 1 and 2.
 *
 * A command parses, calls one function of the library with the open database, and shows the result.
 * What `run` returns is the JSON document: an object gets sorted keys and `schema_version`, an array
 * is printed as it is. Errors are thrown. A command over several ids that did some of them calls
 * `partial` before it returns what was done.
 *
 * @example
 * export default class Close extends BdCommand {
 *   static override summary = 'Close issues';
 *   static override strict = false;
 *   static override args = { id: Args.string({ description: 'id of an issue', required: true }) };
 *   static override flags = { reason: Flags.string({ char: 'r', summary: 'why', default: 'Closed' }) };
 *
 *   async run() {
 *     const { argv, flags } = await this.parse(Close);
 *     const beads = await this.open(flags, { write: true });
 *     const { closed, failures } = await closeIssues(beads, argv.map(String), { reason: flags.reason });
 *     this.partial(closed, failures);
 *     return this.show(closed, renderClosed);
 *   }
 * }
 *
 * Then one line in the table of src/bin/bd-program.ts: `close: () => import('../../commands/bd/close.ts')`.
 */
export abstract class BdCommand extends BaseCommand {
  static override baseFlags = BD_FLAGS;

  private readonly opened: Beads[] = [];
  /** Those that may have been written. */
  private readonly writes = new Set<Beads>();
  private quiet = false;
  private jsonBySetting = isTrue(process.env['BD_JSON']);
  private flushing: Promise<void> | undefined;

  /**
   * Opens the database that flags, environment and `.beads` lead to. It is closed when the command
   * ends, however it ends.
   *
   * @param access `write: true` for a command that changes something: `--readonly` then refuses it,
   *   and so does a schema that is newer than ours; `ahead`: what the command is going to ask first,
   *   which then needs no round trip of its own
   * @throws AppError NOT_INITIALIZED, READ_ONLY, SERVER_UNREACHABLE, DATABASE_UNKNOWN, IDENTITY_MISMATCH, …
   */
  protected async open(flags: BdFlags, access: { write: boolean; ahead?: (db: Queryable) => unknown }): Promise<Beads> {
    if (access.write) this.refuseReadonly(flags);
    const { openDirectory } = await import('../beads/workspace/open.ts');
    const progress = progressLine(process.stderr, this.quiet);
    const beads = await openDirectory({
      dir: this.directory(flags),
      env: process.env,
      db: flags.db,
      actor: flags.actor,
      autoCommit: autoCommitOf(flags),
      readonly: flags.readonly,
      write: access.write,
      // Nearly all that read ask for the list of tables, which is read in any case.
      ahead: access.ahead ?? (access.write ? undefined : () => undefined),
      purpose: `bd ${this.commandName}`,
      findDolt: () => this.findDolt(),
      onWarning: (text) => {
        progress.clear();
        this.progress(text);
      },
      onProgress: (text) => progress.show(text),
    }).finally(() => progress.clear());
    this.opened.push(beads);
    if (access.write) this.writes.add(beads);
    this.jsonBySetting = isTrue(beads.setting('json'));
    if (beads.batch && access.write) {
      const { flushOnSignal } = await import('./flush-on-signal.ts');
      flushOnSignal(
        beads,
        (text) => this.progress(text),
        (flushing) => {
          this.flushing = flushing;
        },
      );
    }
    if (flags.verbose) this.progress(await describeOpened(beads));
    return beads;
  }

  /** Finds `.beads` and what it leads to, and opens nothing. */
  protected async locate(flags: BdFlags): Promise<Location> {
    const { locateBeads } = await import('../beads/workspace/locate.ts');
    return locateBeads({ dir: this.directory(flags), env: process.env, db: flags.db });
  }

  /** How settings are reached, wherever each is kept. */
  protected configAccess(flags: BdFlags): ConfigAccess {
    return { locate: () => this.locate(flags), open: (access) => this.open(flags, access) };
  }

  /** @throws AppError READ_ONLY; for commands that write without an open database */
  protected refuseReadonly(flags: BdFlags): void {
    if (!flags.readonly) return;
    throw new AppError('READ_ONLY', `operation '${this.commandName}' is not allowed in read-only mode`);
  }

  /** Directory that the command works in: `--directory`, or where it was started. */
  protected directory(flags: BdFlags): string {
    return flags.directory ?? process.cwd();
  }

  /** Path of the dolt program; only embedded mode and `init` ask. */
  protected async findDolt(): Promise<string> {
    const { findDoltPath } = await import('../find-dolt.ts');
    return findDoltPath(process.env);
  }

  /** The command as it is typed, without `bd`: `dep add`. */
  protected get commandName(): string {
    return (this.id ?? '').replaceAll(':', ' ');
  }

  /**
   * Tells the failures of a command over several items. If nothing was done it throws, so that
   * `--json` prints an error; else it prints them on stderr and the command ends with 1.
   *
   * @param lead what the lines on stderr begin with; the Go `bd` has no colon before some of them
   */
  protected partial(
    done: readonly unknown[],
    failures: readonly AppError[],
    lead: 'Error:' | 'Error' = 'Error:',
  ): void {
    const [first] = failures;
    if (!first) return;
    if (done.length === 0 && this.jsonEnabled()) {
      if (failures.length === 1) throw first;
      const message = failures.map((failure) => failure.message).join('\n');
      throw new AppError(first.code, message, { ...(first.hint ? { hint: first.hint } : {}), cause: first });
    }
    const paint = painter(process.stderr);
    for (const failure of failures) process.stderr.write(errorText(failure, paint, lead));
    if (done.length === 0) this.exit(1);
    process.exitCode = 1;
  }

  /** As `show`, for what may be long: in the pager, where it is longer than the terminal is high. */
  protected async showPaged<T>(result: T, render: (result: T, paint: Paint) => string): Promise<T> {
    if (this.jsonEnabled()) return result;
    const { pageOrPrint } = await import('./pager.ts');
    await pageOrPrint(render(result, this.paint), { off: false, env: process.env });
    return result;
  }

  /** A list that the Go `bd` prints as `null` when it is empty, which oclif does not print. */
  protected orNull<T>(list: readonly T[]): readonly T[] | null {
    if (list.length > 0) return list;
    if (this.jsonEnabled()) this.logJson(null);
    return null;
  }

  /** `--json`, or `json: true` in the settings, which are known once the database is open. */
  override jsonEnabled(): boolean {
    return super.jsonEnabled() || (this.jsonBySetting && this.ctor.enableJsonFlag);
  }

  /** A line for people on stderr, left out under `--quiet`. */
  protected override progress(text: string): void {
    if (!this.quiet) super.progress(text);
  }

  protected override async parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    const parsed = await super.parse(options, argv);
    this.quiet = parsed.flags['quiet'] === true;
    const { directory } = parsed.flags;
    if (typeof directory === 'string') Object.assign(parsed.flags, { directory: enterDirectory(directory) });
    return parsed;
  }

  protected override async finally(failure?: Error): Promise<void> {
    await this.flushing;
    for (const beads of failure ? [] : this.opened) {
      if (!this.writes.has(beads) || !isTrue(beads.setting('export.auto'))) continue;
      const { exportAutomatically } = await import('../beads/transfer/auto-export.ts');
      const warning = await exportAutomatically(beads);
      if (warning) this.progress(warning);
    }
    await Promise.all(this.opened.map((beads) => beads.close()));
  }

  protected override logJson(document: unknown): void {
    process.stdout.write(`${bdJson(document)}\n`);
  }

  protected override toSuccessJson(result: unknown): unknown {
    return result;
  }

  protected override logErrorJson(error: AppError): void {
    this.logJson(bdErrorDocument(error));
  }

  protected override exitCodeOf(error: AppError): number {
    return bdExitCode(error);
  }
}

/**
 * Goes where `-C` says, so that all paths of the command line are meant from there.
 *
 * @returns its absolute path
 * @throws AppError NOT_FOUND, IO_ERROR
 */
function enterDirectory(directory: string): string {
  try {
    process.chdir(directory);
    return process.cwd();
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw fileError(error, `cannot go to ${directory}`);
    throw new AppError('NOT_FOUND', `there is no directory ${directory}`, { hint: 'check what follows -C' });
  }
}

/** For `--verbose`: what was opened, and as whom. */
async function describeOpened(beads: Beads): Promise<string> {
  const { databasePath } = await import('../beads/workspace/describe.ts');
  const commits = beads.autoCommit ? 'with' : 'without';
  return `${databasePath(beads.location)} as ${beads.actor}, ${commits} Dolt commits`;
}
