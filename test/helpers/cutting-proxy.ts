import { once } from 'node:events';
import { createServer, connect as dial, type Socket } from 'node:net';

/**
 * A TCP proxy that cuts its connections when a text goes by: before the server sees it, or after the
 * server answered it. So a test can lose a connection at an exact point.
 */
export interface CuttingProxy {
  readonly port: number;
  /** Cuts once, at the next occurrence of `text` in what a client sends; `then` is called at that moment. */
  cut(text: string, when: 'before' | 'after', then?: () => void): void;
  /** Whether a cut is ordered that did not happen yet. */
  readonly waiting: boolean;
  close(): Promise<void>;
}

export async function startCuttingProxy(targetPort: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let order: { text: string; when: 'before' | 'after'; then: (() => void) | undefined } | undefined;
  const server = createServer((client) => {
    const target = dial(targetPort, '127.0.0.1');
    let cutOnAnswer: { then: (() => void) | undefined } | undefined;
    const end = () => {
      client.destroy();
      target.destroy();
    };
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    client.on('data', (chunk) => {
      if (order && chunk.includes(order.text)) {
        const { when, then } = order;
        order = undefined;
        if (when === 'before') {
          then?.();
          return end();
        }
        cutOnAnswer = { then };
      }
      target.write(chunk);
    });
    target.on('data', (chunk) => {
      if (!cutOnAnswer) return void client.write(chunk);
      cutOnAnswer.then?.();
      end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    cut(text, when, then) {
      order = { text, when, then };
    },
    get waiting() {
      return order !== undefined;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
