import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError, messageOf, systemErrorCode } from '../errors.ts';
import { fileError } from '../util/atomic-write.ts';
import { formatDuration } from '../util/duration.ts';

export interface DownloadOptions {
  url: string;
  /** The new file; it must not exist. */
  file: string;
  /** What the content must have, in hex. */
  sha256: string;
  /** What the content must have. */
  bytes: number;
  limits: NetworkLimits;
  signal?: AbortSignal | undefined;
  /** Called at most every three seconds. */
  onProgress?: ((receivedBytes: number) => void) | undefined;
}

/** How long the network may take. */
export interface NetworkLimits {
  /** Until the answer begins, in ms. */
  answerMs: number;
  /** Between two pieces of the answer, in ms. */
  stallMs: number;
}

const PROGRESS_MS = 3_000;
const DISK_ERRORS = ['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'EEXIST', 'ENOENT', 'EIO'];

/**
 * Downloads a file and verifies its checksum while it comes in. On an error a partial file may stay.
 *
 * @throws AppError INSTALL_FAILED (network, checksum), CANCELLED, DISK_FULL, IO_ERROR
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { url, file, limits, signal } = options;
  const stall = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const hash = createHash('sha256');
  let received = 0;
  let reported = Date.now();
  async function* watch(source: AsyncIterable<Uint8Array>) {
    for await (const piece of source) {
      timer?.refresh();
      hash.update(piece);
      received += piece.length;
      if (received > options.bytes) throw new AppError('INSTALL_FAILED', `${url} is longer than the release says`);
      if (Date.now() - reported >= PROGRESS_MS) {
        reported = Date.now();
        options.onProgress?.(received);
      }
      yield piece;
    }
  }
  try {
    const response = await request(url, { limits, signal });
    if (!response.body) throw new AppError('INSTALL_FAILED', `${url} is empty`);
    timer = setTimeout(() => stall.abort(), limits.stallMs);
    const target = createWriteStream(file, { flags: 'wx', mode: 0o600 });
    await pipeline(Readable.fromWeb(response.body), watch, target, { signal: stall.signal });
  } catch (error) {
    if (signal?.aborted) throw cancelled(error);
    if (error instanceof AppError) throw error;
    if (DISK_ERRORS.includes(systemErrorCode(error) ?? '')) throw fileError(error, `cannot write ${file}`);
    const why = stall.signal.aborted ? `nothing came for ${formatDuration(limits.stallMs)}` : networkReason(error);
    throw new AppError(
      'INSTALL_FAILED',
      `the download of ${url} broke off after ${received} of ${options.bytes} bytes: ${why}`,
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
  }
  const sha256 = hash.digest('hex');
  if (received !== options.bytes || sha256 !== options.sha256) {
    throw new AppError(
      'INSTALL_FAILED',
      `the checksum of ${url} is wrong: sha256 ${sha256}, while the release publishes ${options.sha256}`,
    );
  }
}

export interface RequestOptions {
  headers?: Record<string, string>;
  limits: NetworkLimits;
  signal?: AbortSignal | undefined;
}

/**
 * One GET whose answer must begin in time and have status 200.
 *
 * @throws AppError INSTALL_FAILED, CANCELLED
 */
export async function request(url: string, options: RequestOptions): Promise<Response> {
  const slow = new AbortController();
  const timer = setTimeout(() => slow.abort(), options.limits.answerMs);
  const signals = options.signal ? [options.signal, slow.signal] : [slow.signal];
  let response: Response;
  try {
    const headers = { 'user-agent': 'gastown-dolt', ...options.headers };
    response = await fetch(url, { headers, signal: AbortSignal.any(signals) });
  } catch (error) {
    if (options.signal?.aborted) throw cancelled(error);
    const why = slow.signal.aborted
      ? `no answer within ${formatDuration(options.limits.answerMs)}`
      : networkReason(error);
    throw new AppError('INSTALL_FAILED', `${new URL(url).host} cannot be reached: ${why}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
  if (response.status === 200) return response;
  await response.body?.cancel();
  throw new AppError('INSTALL_FAILED', `${url} answered ${statusReason(response)}`);
}

/** The error for Ctrl-C. */
export function cancelled(cause?: unknown): AppError {
  return new AppError('CANCELLED', 'interrupted: nothing was installed', { cause });
}

function statusReason(response: Response): string {
  if (response.status === 404) return '404: there is no such release';
  const limited = response.status === 429 || response.headers.get('x-ratelimit-remaining') === '0';
  return limited ? `${response.status}: its limit of requests is used up for now` : `status ${response.status}`;
}

/** fetch says "fetch failed" or "terminated"; what happened is in the cause. */
function networkReason(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const message = messageOf(cause);
  const code = systemErrorCode(cause);
  if (!code || message.includes(code)) return message || 'the connection failed';
  return message ? `${message} (${code})` : code;
}
