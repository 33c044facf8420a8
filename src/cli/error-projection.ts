import { AppError, EXIT, messageOf } from '../errors.ts';
import { nearest } from './nearest.ts';

/** The error document that `--json` prints on stdout. */
export interface ErrorDocument {
  error: string;
  code: string;
  hint?: string;
  exit_code: number;
  schema_version: 1;
}

export function errorDocument(error: AppError, exitCode: number): ErrorDocument {
  return {
    error: error.message,
    code: error.code,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    exit_code: exitCode,
    schema_version: 1,
  };
}

/** The error document of `bd`: that of the Go `bd`, with our codes. */
export function bdErrorDocument(error: AppError): Record<string, string> {
  return { error: error.message, code: error.code, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}

/** `bd` knows 0, 1 and, for a command line that the parser does not understand, 2; its own checks end with 1. */
export function bdExitCode(error: AppError): number {
  return error.code === 'USAGE' && isOclifError(error.cause) ? EXIT.usage : EXIT.failed;
}

/**
 * The one place where foreign errors become ours: oclif's are usage errors, the rest are defects.
 *
 * @param flags names of the flags that the command has, for "did you mean"
 */
export function toAppError(thrown: unknown, bin: string, id?: string, flags: readonly string[] = []): AppError {
  if (thrown instanceof AppError) return undecorated(thrown);
  if (isOclifError(thrown)) {
    const command = id ? `${bin} ${id.replaceAll(':', ' ')}` : bin;
    const message = plainWords(firstLines(thrown.message));
    const near = nearFlag(thrown, flags);
    const hint = near ? `did you mean ${near}? \`${command} --help\` lists all flags` : `${command} --help`;
    return new AppError('USAGE', message, { hint, cause: thrown });
  }
  return new AppError('INTERNAL', messageOf(thrown) || 'unknown error', {
    hint: 'this is a defect: set DEBUG=1 to see where, and report it',
    cause: thrown,
  });
}

/** oclif wraps the message of an error that a flag's own parser throws. */
function undecorated(error: AppError): AppError {
  error.message = error.message.replace(/^Parsing --\S+ \n\t([\s\S]*?)\nSee more help with --help$/, '$1');
  return error;
}

/** oclif's error about unknown flags lists them as they were typed. */
function nearFlag(thrown: Error, flags: readonly string[]): string | undefined {
  const [typed] = 'flags' in thrown && Array.isArray(thrown.flags) ? (thrown.flags as unknown[]) : [];
  if (typeof typed !== 'string') return undefined;
  const near = nearest(typed.replace(/^-+/, '').replace(/=.*$/, ''), flags);
  return near && `--${near}`;
}

function isOclifError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && 'oclif' in thrown;
}

/** oclif's messages about one thing, in one line. */
function plainWords(message: string): string {
  return message
    .replace(/^The following errors? occurred:\s*/, '')
    .replace(/^Parsing --(\S+) \n\t/, '--$1: ')
    .replace(/Missing required flag (?!-)(\S+)/g, 'Missing required flag --$1')
    .replace(/^Missing (\d+) required args?:\n([\s\S]*)$/, (_all, _count, args: string) => {
      const each = args.split('\n').map((line) => line.trim().replace(/\s{2,}/, ': '));
      return `Missing ${each.filter(Boolean).join(', ')}`;
    })
    .replace(/(--\S+)=true cannot also/g, '$1 cannot also')
    .replace(/\n\s*/g, '; ');
}

/** oclif appends a pointer to its help, which our hint replaces. */
function firstLines(message: string): string {
  return message.replace(/\n?See more help with --help\s*$/, '').trim();
}
