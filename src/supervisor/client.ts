import { createConnection, type Socket } from 'node:net';
import {
  createMessageConnection,
  type MessageConnection,
  SocketMessageReader,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node.js';
import { AppError, systemErrorCode } from '../errors.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { socketPath } from '../util/socket-path.ts';
import * as protocol from './protocol.ts';

/** A connection to the supervisor of a town. Close it, or the process stays. */
export class SupervisorClient {
  readonly hello: protocol.Hello;
  private readonly connection: MessageConnection;

  private constructor(hello: protocol.Hello, connection: MessageConnection) {
    this.hello = hello;
    this.connection = connection;
  }

  /**
   * Connects to the supervisor that runs.
   *
   * @returns undefined when none does: no socket, or one that a dead supervisor left
   * @throws AppError SUPERVISOR_FAILED when something else is wrong with the socket
   */
  static async connect(paths: TownPaths): Promise<SupervisorClient | undefined> {
    const socket = await openSocket(socketPath(paths.supervisorSocket));
    if (!socket) return undefined;
    const connection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
    connection.onError(() => undefined);
    connection.listen();
    try {
      return new SupervisorClient(await connection.sendRequest(protocol.helloRequest), connection);
    } catch {
      // It was just ending.
      connection.dispose();
      socket.destroy();
      return undefined;
    }
  }

  onRigDone(listener: (outcome: protocol.RigOutcome) => void): void {
    this.connection.onNotification(protocol.rigDoneNotification, listener);
  }

  start(params: protocol.StartParams): Promise<protocol.RigOutcome[]> {
    return this.ask(this.connection.sendRequest(protocol.startRequest, params));
  }

  stop(params: protocol.StopParams): Promise<protocol.RigOutcome[]> {
    return this.ask(this.connection.sendRequest(protocol.stopRequest, params));
  }

  restart(params: protocol.StartParams): Promise<protocol.RigOutcome[]> {
    return this.ask(this.connection.sendRequest(protocol.restartRequest, params));
  }

  status(): Promise<protocol.RigSnapshot[]> {
    return this.ask(this.connection.sendRequest(protocol.statusRequest));
  }

  /** Asks it to end without touching the servers, and waits until it has. */
  async handOver(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.connection.onClose(() => resolve()));
    await this.ask(this.connection.sendRequest(protocol.handoverRequest));
    await closed;
  }

  close(): void {
    this.connection.end();
    this.connection.dispose();
  }

  private async ask<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (cause) {
      throw new AppError('SUPERVISOR_FAILED', 'the supervisor ended while it was asked', {
        hint: 'the servers run on; try again: the next gt dolt start adopts them',
        cause,
      });
    }
  }
}

function openSocket(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', (cause) => {
      const code = systemErrorCode(cause);
      if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTDIR') resolve(undefined);
      else
        reject(
          new AppError('SUPERVISOR_FAILED', `cannot ask the supervisor at ${path}: ${code ?? cause.message}`, {
            cause,
          }),
        );
    });
  });
}
