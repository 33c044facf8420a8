import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';

/** Where the first lines of our programs (`scripts/build.mjs`) put NODE_EXTRA_CA_CERTS. */
const MOVED = 'GT_EXTRA_CA_CERTS';

/**
 * Gives NODE_EXTRA_CA_CERTS back to the programs that this one starts. Node itself reads it before
 * anything else runs, and no later.
 */
export function restoreExtraAuthorities(env: NodeJS.ProcessEnv): void {
  const moved = env[MOVED];
  if (moved) env['NODE_EXTRA_CA_CERTS'] ??= moved;
}

/** The environment for a program of ours that is started without its first lines. */
export function withMovedAuthorities(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: extra, ...others } = env;
  return extra && extra === env[MOVED] ? others : env;
}

/**
 * The authorities that a connection trusts which names none, where Node was kept from reading those
 * of NODE_EXTRA_CA_CERTS.
 *
 * @returns PEM; undefined where Node knows them all
 * @example tls.connect({ host, port, ca: trustedAuthorities(process.env) })
 */
export function trustedAuthorities(env: NodeJS.ProcessEnv): string[] | undefined {
  const file = env[MOVED];
  if (!file) return undefined;
  try {
    return [...rootCertificates, readFileSync(file, 'utf8')];
  } catch (error) {
    // Node says no more, and goes on.
    process.emitWarning(`Ignoring extra certs from \`${file}\`: ${error}`);
    return undefined;
  }
}
