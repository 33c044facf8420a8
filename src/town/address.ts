/** Addresses that servers listen on. */

/** Whether only this machine reaches a listener on that address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Whether the address means every address of this machine. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/**
 * The address at which a client on this machine reaches a listener.
 *
 * @example localAddress('0.0.0.0') // '127.0.0.1'
 */
export function localAddress(host: string): string {
  if (host === '::') return '::1';
  return isWildcard(host) ? '127.0.0.1' : host;
}
