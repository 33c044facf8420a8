import { connect } from 'node:tls';

/**
 * Whether whoever answers there speaks TLS. Nothing is verified and nothing is sent: it tells a
 * remotesapi over https from one over http.
 *
 * @returns undefined when nobody answers, or not in time
 * @example await speaksTls('192.168.1.100', 8080)
 */
export function speaksTls(host: string, port: number, timeoutMs = 3_000): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    let connected = false;
    const end = (answer: boolean | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(undefined), timeoutMs);
    socket.once('connect', () => {
      connected = true;
    });
    socket.once('secureConnect', () => end(true));
    socket.once('error', () => end(connected ? false : undefined));
  });
}
