import type { Socket } from 'node:net';
import {
  createMessageConnection,
  type Message,
  type MessageConnection,
  SocketMessageReader,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node.js';

/**
 * A JSON-RPC connection over a socket. When the other side goes away, whatever still waits for an
 * answer is rejected.
 */
export function openWire(socket: Socket): MessageConnection {
  const connection = createMessageConnection(new SocketMessageReader(socket), new ForgivingWriter(socket));
  connection.onError(() => undefined);
  connection.onClose(() => connection.dispose());
  return connection;
}

/**
 * The library throws a failed write of a request twice: at who asked, and at nobody, which ends the
 * process. That the socket is closed is told by its close anyway.
 */
class ForgivingWriter extends SocketMessageWriter {
  override async write(message: Message): Promise<void> {
    await super.write(message).catch(() => undefined);
  }
}
