import { Command, type Config, type Interfaces } from '@oclif/core';
import type { AppError } from '../errors.ts';
import { ReaderGoneError } from './end-process.ts';
import { errorDocument, toAppError } from './error-projection.ts';
import { errorText } from './error-text.ts';
import { type Paint, painter } from './style.ts';
import { forTerminal } from './terminal-text.ts';

export { errorText } from './error-text.ts';

/**
 * What every command of `gt` and `bd` shares: `--json` with exactly one document on stdout, errors
 * projected once, Ctrl-C as an AbortSignal, colours.
 *
 * @example
 * export default class List extends GtCommand {
 *   static override summary = 'List the configured rigs';
 *   async run() {
 *     const { flags } = await this.parse(List);
 *     return this.show(await listRigs(flags['data-dir']), renderList);
 *   }
 * }
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  private interruption: AbortController | undefined;

  /** Runs it on the configuration that is given; oclif's `run` would load another one from it. */
  static async execute(
    this: new (
      argv: string[],
      config: Config,
    ) => BaseCommand,
    argv: string[],
    config: Config,
  ): Promise<unknown> {
    return new this(argv, config)._run();
  }

  /** Aborted by SIGINT, SIGTERM or SIGHUP; the second signal ends the process at once. */
  protected get signal(): AbortSignal {
    if (!this.interruption) {
      const controller = new AbortController();
      this.interruption = controller;
      // `gt dolt logs -f | head`: nobody reads any more.
      process.stdout.on('error', () => controller.abort());
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        process.on(name, () => {
          if (controller.signal.aborted) process.exit(130);
          controller.abort();
        });
      }
    }
    return this.interruption.signal;
  }

  /** Colours for stdout. */
  protected get paint(): Paint {
    return painter(process.stdout);
  }

  /** Prints the text form, unless `--json` was given: then oclif prints what `run` returns. */
  protected show<T>(result: T, render: (result: T, paint: Paint) => string): T {
    if (!this.jsonEnabled()) this.print(render(result, this.paint));
    return result;
  }

  /** Prints to stdout; an empty text prints nothing. */
  protected print(text: string): void {
    if (text !== '') process.stdout.write(forTerminal(text.endsWith('\n') ? text : `${text}\n`, process.stdout));
  }

  /** One line of progress or a warning, for people: on stderr, also under `--json`. */
  protected progress(text: string): void {
    process.stderr.write(forTerminal(`${text}\n`, process.stderr));
  }

  /** oclif would wait for standard input and take it for a missing argument. */
  protected override async parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options?: Interfaces.Input<F, B, A>, argv?: string[]): Promise<Interfaces.ParserOutput<F, B, A>> {
    for (const argument of Object.values(options?.args ?? {})) Object.assign(argument, { ignoreStdin: true });
    return super.parse(options, argv);
  }

  protected override logJson(document: unknown): void {
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  }

  protected logErrorJson(error: AppError): void {
    this.logJson(errorDocument(error, this.exitCodeOf(error)));
  }

  protected override toSuccessJson(result: unknown): unknown {
    if (typeof result !== 'object' || result === null || Array.isArray(result)) return result;
    return { ...result, schema_version: 1 };
  }

  /** The exit code for an error of this program; `bd` narrows it. */
  protected exitCodeOf(error: AppError): number {
    return error.exitCode;
  }

  protected override async catch(thrown: Interfaces.CommandError): Promise<void> {
    if (isExit(thrown)) {
      process.exitCode = thrown.oclif.exit;
      return;
    }
    if (thrown instanceof ReaderGoneError) return;
    const flags = Object.keys({ json: true, ...this.ctor.baseFlags, ...this.ctor.flags });
    const error = toAppError(thrown, this.config.bin, this.id, flags);
    process.exitCode = this.exitCodeOf(error);
    if (this.jsonEnabled()) this.logErrorJson(error);
    else process.stderr.write(errorText(error, painter(process.stderr)));
  }
}

/** The class of a command. */
export type ProgramCommand = Command.Class & {
  new (argv: string[], config: Config): BaseCommand;
  execute: typeof BaseCommand.execute;
};

/** `this.exit(n)`: an end that was asked for, not an error. */
function isExit(thrown: unknown): thrown is { oclif: { exit: number } } {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIT';
}
