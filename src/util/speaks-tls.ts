import { connect } from 'node:tls';

/**
 * Whether whoever answers there speaks TLS. Nothing is verified and nothing is sent: it tells a
 * remotesapi over https from one over http.
 *
 * @returns false also when nobody answers in time
 * @example await speaksTls('192.168.1.100', 8080)
 */
export function speaksTls(host: string, port: number, timeoutMs = 3_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
    const end = (answer: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(false), timeoutMs);
    socket.once('secureConnect', () => end(true));
    socket.once('error', () => end(false));
  });
}
