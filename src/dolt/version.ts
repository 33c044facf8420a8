/** A release of Dolt, as `dolt version` prints it. */
export interface DoltVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** As printed, a suffix included: `1.86.4`, `1.87.0-rc1`. */
  readonly text: string;
}

/** The version that templates/dolt/go.mod pins, that `gt dolt install` takes and that the tests run. */
export const PINNED_DOLT_VERSION = '1.86.4';

/** The oldest version that is used. */
export const DOLT_FLOOR = '1.86.0';

/** Databases that could not be opened or read back: dolthub/dolt#11070, gastownhall/gascity#2814. */
const LOSES_DATA = { from: '2.0.0', to: '2.0.8' } as const;

const NUMBERS = /(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?/;
const PRINTED = new RegExp(`^dolt version ${NUMBERS.source}\\s*$`, 'm');
const WHOLE = new RegExp(`^v?${NUMBERS.source}$`);

/**
 * Reads the output of `dolt version`, which may have warnings after its first line.
 *
 * @returns undefined when it is not Dolt's output
 * @example parseVersionOutput('dolt version 1.86.4\n')?.text // '1.86.4'
 */
export function parseVersionOutput(output: string): DoltVersion | undefined {
  return fromMatch(PRINTED.exec(output));
}

/**
 * Reads a version as people type it: `1.86.4` or `v1.86.4`.
 *
 * @returns undefined when it is none
 */
export function parseVersion(text: string): DoltVersion | undefined {
  return fromMatch(WHOLE.exec(text.trim()));
}

/**
 * Why a version is not used, or undefined when it is fine.
 *
 * @example refusalOf(version) // 'is older than 1.86.0, the oldest version that is supported'
 */
export function refusalOf(version: DoltVersion): string | undefined {
  if (isBelow(version, DOLT_FLOOR)) return `is older than ${DOLT_FLOOR}, the oldest version that is supported`;
  if (!isBelow(version, LOSES_DATA.from) && !isAbove(version, LOSES_DATA.to)) {
    return `is one of ${LOSES_DATA.from} to ${LOSES_DATA.to}, which are known to lose data`;
  }
  return undefined;
}

function fromMatch(match: RegExpExecArray | null): DoltVersion | undefined {
  if (!match) return undefined;
  const [, major, minor, patch, suffix = ''] = match;
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
    text: `${major}.${minor}.${patch}${suffix}`,
  };
}

/** A candidate (`2.0.0-rc1`) counts as the version it leads to at both ends: refused when in doubt. */
function isAbove(version: DoltVersion, limit: string): boolean {
  return compareNumbers(version, limit) > 0;
}

function isBelow(version: DoltVersion, limit: string): boolean {
  return compareNumbers(version, limit) < 0;
}

function compareNumbers(version: DoltVersion, limit: string): number {
  const other = parseVersion(limit);
  if (!other) throw new Error(`not a version: ${limit}`);
  return version.major - other.major || version.minor - other.minor || version.patch - other.patch;
}
