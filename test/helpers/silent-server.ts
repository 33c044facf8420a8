import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { testPort } from './ports.ts';

/** Takes connections, and never says a word. */
export async function silentServer(): Promise<{ port: number; server: Server }> {
  const port = await testPort();
  const server = createServer((socket) => socket.on('error', () => undefined).resume()).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { port, server };
}
