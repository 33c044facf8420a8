import { join } from 'node:path';
import { AppError, messageOf } from '../errors.ts';
import { cancelled, download, type NetworkLimits, request } from './download.ts';

/** GitHub's API for the repository that publishes Dolt. */
export const DOLT_RELEASES_URL = 'https://api.github.com/repos/dolthub/dolt';

export interface ReleaseOptions {
  /** `1.86.4` */
  version: string;
  /** An existing, empty directory for the archive and what comes out of it. */
  directory: string;
  platform: NodeJS.Platform;
  /** As `process.arch` has it. */
  arch: string;
  /** Where the release is looked up, default {@link DOLT_RELEASES_URL}. */
  releasesUrl?: string | undefined;
  limits?: NetworkLimits | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((line: string) => void) | undefined;
}

/** One file of a release. */
interface ReleaseAsset {
  url: string;
  bytes: number;
  /** Hex. */
  sha256: string;
}

const LIMITS: NetworkLimits = { answerMs: 15_000, stallMs: 30_000 };
const EXTRACT_TIMEOUT_MS = 300_000;
const MB = 1024 * 1024;

/**
 * Downloads the official release for a platform, verifies the checksum that GitHub publishes for
 * it, and unpacks the program.
 *
 * @returns path of the program, inside `directory`
 * @throws AppError INSTALL_FAILED, CANCELLED, DISK_FULL, IO_ERROR
 * @example await fetchRelease({ version: '1.86.4', directory, platform: 'linux', arch: 'x64' });
 */
export async function fetchRelease(options: ReleaseOptions): Promise<string> {
  const { signal, onProgress, limits = LIMITS } = options;
  const name = archiveName(options.platform, options.arch);
  const asset = await lookUpAsset(`${name}.tar.gz`, options, limits);
  const file = join(options.directory, 'dolt.tar.gz');
  const megabytes = (bytes: number) => Math.round(bytes / MB);
  onProgress?.(`downloading ${asset.url} (${megabytes(asset.bytes)} MB)`);
  await download({
    ...asset,
    file,
    limits,
    signal,
    onProgress: (bytes) => onProgress?.(`downloaded ${megabytes(bytes)} of ${megabytes(asset.bytes)} MB`),
  });
  onProgress?.('the checksum is right; unpacking');
  const member = `${name}/bin/dolt`;
  await extract(file, member, options.directory, signal);
  return join(options.directory, member);
}

/** What the release calls a platform: `dolt-linux-amd64`. */
function archiveName(platform: NodeJS.Platform, arch: string): string {
  const architecture = { x64: 'amd64', arm64: 'arm64' }[arch];
  if ((platform !== 'linux' && platform !== 'darwin') || !architecture) {
    throw new AppError('INSTALL_FAILED', `there is no release of Dolt for ${platform} on ${arch}`);
  }
  return `dolt-${platform}-${architecture}`;
}

/** https://docs.github.com/rest/releases/releases#get-a-release-by-tag-name */
async function lookUpAsset(name: string, options: ReleaseOptions, limits: NetworkLimits): Promise<ReleaseAsset> {
  const url = `${options.releasesUrl ?? DOLT_RELEASES_URL}/releases/tags/v${options.version}`;
  const { signal } = options;
  const overall = AbortSignal.any([...(signal ? [signal] : []), AbortSignal.timeout(limits.answerMs + limits.stallMs)]);
  const headers = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };
  let release: unknown;
  try {
    release = await (await request(url, { headers, limits, signal: overall })).json();
  } catch (error) {
    if (signal?.aborted) throw cancelled(error);
    if (error instanceof AppError && error.code !== 'CANCELLED') throw error;
    throw new AppError('INSTALL_FAILED', `the answer of ${url} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const assets = property(release, 'assets');
  const asset = Array.isArray(assets) ? assets.find((entry: unknown) => property(entry, 'name') === name) : undefined;
  if (!asset) throw new AppError('INSTALL_FAILED', `the release ${options.version} of Dolt has no ${name}`);
  return readAsset(asset, name);
}

function readAsset(asset: unknown, name: string): ReleaseAsset {
  const url = property(asset, 'browser_download_url');
  const bytes = property(asset, 'size');
  const digest = property(asset, 'digest');
  const sha256 = typeof digest === 'string' ? /^sha256:([0-9a-f]{64})$/i.exec(digest)?.[1] : undefined;
  if (!sha256) throw new AppError('INSTALL_FAILED', `the release publishes no sha256 for ${name}, so it is not used`);
  if (typeof url !== 'string' || typeof bytes !== 'number') {
    throw new AppError('INSTALL_FAILED', `the release does not say where ${name} is`);
  }
  return { url, bytes, sha256: sha256.toLowerCase() };
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** Takes the one member out, so that nothing else in an archive can land anywhere. */
async function extract(archive: string, member: string, directory: string, signal?: AbortSignal): Promise<void> {
  const { execa } = await import('execa');
  const result = await execa('tar', ['-xzof', archive, '-C', directory, member], {
    reject: false,
    stdin: 'ignore',
    timeout: EXTRACT_TIMEOUT_MS,
    cancelSignal: signal,
  });
  if (!result.failed) return;
  if (signal?.aborted) throw cancelled(result);
  if (result.code === 'ENOENT') {
    throw new AppError('INSTALL_FAILED', 'the archive cannot be unpacked: there is no `tar` on PATH');
  }
  const said = (result.stderr || result.message || '').trim().split('\n').at(-1);
  if (/no space left/i.test(result.stderr)) throw new AppError('DISK_FULL', `the archive cannot be unpacked: ${said}`);
  throw new AppError('INSTALL_FAILED', `the archive cannot be unpacked: ${said}`, { cause: result });
}
