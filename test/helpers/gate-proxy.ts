import { once } from 'node:events';
import { createServer, connect as dial, type Socket } from 'node:net';
import { testPort } from './ports.ts';

/**
 * A TCP proxy with a gate: while it is shut, who connects waits. So a test can hold a talk at its
 * beginning for as long as it needs.
 */
export interface GateProxy {
  readonly port: number;
  /** How many wait. */
  readonly waiting: number;
  open(): void;
  shut(): void;
  close(): Promise<void>;
}

/** The gate is open at first. */
export async function startGateProxy(target: number): Promise<GateProxy> {
  const port = await testPort();
  const sockets = new Set<Socket>();
  const waiting = new Set<Socket>();
  let isOpen = true;
  const track = (socket: Socket) => {
    sockets.add(socket);
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const pass = (client: Socket) => {
    const upstream = track(dial(target, '127.0.0.1'));
    client.pipe(upstream).pipe(client);
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
  };
  const server = createServer((client) => {
    track(client);
    if (isOpen) return pass(client);
    waiting.add(client);
    client.once('close', () => waiting.delete(client));
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port,
    get waiting() {
      return waiting.size;
    },
    open() {
      isOpen = true;
      for (const client of waiting) pass(client);
      waiting.clear();
    },
    shut() {
      isOpen = false;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
