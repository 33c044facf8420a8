import { AppError } from '../errors.ts';
import { formatDuration } from '../util/duration.ts';
import { shownUrl } from './remote-url.ts';

/** What Dolt says of a remote that has no commits yet; of a git remote without any branch likewise. */
const EMPTY = /contains no Dolt data|git remote has no branches/i;
const DENIED =
  /Unauthenticated|Access denied|PermissionDenied|Permission denied|Authentication failed|could not read (?:Username|Password)|must set DOLT_REMOTE_PASSWORD/i;

/**
 * Of a client that speaks TLS to a server that does not, and the other way round: a server of TLS hangs up, or
 * resets the connection when more of ours is under way.
 */
const OTHER_SCHEME =
  /error reading server preface: (?:EOF|read [^\n]*connection reset by peer)|first record does not look like a TLS handshake/i;

const UNTRUSTED = /failed to verify certificate|x509:/i;

/** Whether a remote answered that it has no data. */
export function isEmptyRemote(said: string): boolean {
  return EMPTY.test(said);
}

/**
 * What went wrong with a remote, told for the one who asked.
 *
 * @param doing `clone`, `push to`, `fetch from`
 * @param said what Dolt or git said
 * @example throw remoteError('clone', url, ended.output);
 */
export function remoteError(doing: string, url: string, said: string, cause?: unknown): AppError {
  const details = cause === undefined ? {} : { cause };
  const why = reason(said);
  if (/no space left on device|disk quota exceeded/i.test(said)) {
    return new AppError('DISK_FULL', `cannot ${doing} ${shownUrl(url)}: ${why}`, {
      hint: 'free some space, then run the command again',
      ...details,
    });
  }
  if (DENIED.test(said)) {
    return new AppError('ACCESS_DENIED', `cannot ${doing} ${shownUrl(url)}: ${why}`, {
      hint: 'set DOLT_REMOTE_USER and DOLT_REMOTE_PASSWORD; for a git remote, git’s own credentials or ssh key',
      ...details,
    });
  }
  if (UNTRUSTED.test(said)) {
    return new AppError(
      'REMOTE_UNREACHABLE',
      `cannot ${doing} ${shownUrl(url)}: its certificate is not trusted: ${why}`,
      {
        hint: 'bd config set federation.ca FILE   trusts the authority in FILE: for a rig of gt, its .gt/tls/ca.pem; other commands take it from SSL_CERT_FILE',
        ...details,
      },
    );
  }
  if (OTHER_SCHEME.test(said) && /^https?:/i.test(url)) {
    const other = /^https:/i.test(url) ? 'http' : 'https';
    return new AppError('REMOTE_UNREACHABLE', `cannot ${doing} ${shownUrl(url)}: ${why}`, {
      hint: `who answers there seems to speak ${other}: remove the peer or remote, and add it again as ${other}://…`,
      ...details,
    });
  }
  return new AppError('REMOTE_UNREACHABLE', `cannot ${doing} ${shownUrl(url)}: ${why}`, {
    hint: 'check the address and that the remote answers, then run the command again; nothing was changed',
    ...details,
  });
}

/** A remote that took longer than it may. */
export function remoteTimeout(doing: string, url: string, timeoutMs: number): AppError {
  return new AppError(
    'REMOTE_TIMEOUT',
    `cannot ${doing} ${shownUrl(url)}: not done within ${formatDuration(timeoutMs)}`,
    {
      hint: 'run the command again; a slow remote gets more time with: bd config set dolt.remote-timeout 30m',
    },
  );
}

/** The part of what Dolt says that tells the reason. */
function reason(said: string): string {
  const text = said
    // What Dolt draws while it waits.
    .replace(/[-\\|/] (?:Fetching|Uploading|Cloning)\.\.\./g, '')
    .replace(/\s*hint: (?:dolt does|configure git|run `ssh-add|ensure non-interactive)[\s\S]*$/, '')
    .replace(/^[\s\S]*?cause: /, '')
    .replace(/^failed to get remote db; the remote: [\s\S]*? could not be accessed; /, '')
    .replace(/\s+/g, ' ')
    .trim();
  return shownUrl(text || 'it said nothing').slice(0, 500);
}
