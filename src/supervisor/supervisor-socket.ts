import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { socketPath } from '../util/socket-path.ts';
import * as protocol from './protocol.ts';
import { openWire } from './wire.ts';

type RigDone = (outcome: protocol.RigOutcome) => void;

const PART_MS = 1_000;

/** What a supervisor answers. */
export interface SupervisorRequests {
  hello(): protocol.Hello;
  start(params: protocol.StartParams, done: RigDone): Promise<protocol.RigOutcome[]>;
  stop(params: protocol.StopParams, done: RigDone): Promise<protocol.RigOutcome[]>;
  restart(params: protocol.StartParams, done: RigDone): Promise<protocol.RigOutcome[]>;
  status(): Promise<protocol.RigSnapshot[]>;
  watched(): string[];
  handover(): void;
  /** A client went away. */
  onLeave(): void;
}

/** The socket that `gt` talks to a supervisor over: JSON-RPC 2.0, for this user only. */
export class SupervisorSocket {
  private readonly requests: SupervisorRequests;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  private readonly ended: Promise<void>;
  private closed: () => void = () => undefined;

  constructor(requests: SupervisorRequests) {
    this.requests = requests;
    this.server = createServer((socket) => this.serve(socket));
    this.ended = new Promise((resolve) => {
      this.closed = resolve;
    });
  }

  /** How many clients are connected. */
  get clientCount(): number {
    return this.sockets.size;
  }

  /** Listens; whoever left a file there is gone, for the caller holds the supervisor's lock. */
  async listen(path: string): Promise<void> {
    const file = socketPath(path);
    await rm(file, { force: true });
    const mask = process.umask(0o077);
    try {
      await new Promise<void>((resolve, reject) => {
        this.server.once('error', reject);
        this.server.listen(file, resolve);
      });
    } finally {
      process.umask(mask);
    }
    await chmod(file, 0o600);
  }

  /** Takes no more clients, and removes the socket's file. */
  refuse(): void {
    this.server.close(() => this.closed());
  }

  /** Parts with the clients, after {@link refuse}; what was written to them still arrives. */
  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroySoon();
    // A client that is frozen reads nothing any more.
    const bound = setTimeout(() => {
      for (const socket of this.sockets) socket.destroy();
    }, PART_MS);
    await this.ended;
    clearTimeout(bound);
  }

  private serve(socket: Socket): void {
    const connection = openWire(socket);
    const { requests, sockets } = this;
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      requests.onLeave();
    });
    const done: RigDone = (outcome) => {
      void connection.sendNotification(protocol.rigDoneNotification, outcome).catch(() => undefined);
    };
    connection.onRequest(protocol.helloRequest, () => requests.hello());
    connection.onRequest(protocol.startRequest, (params) => requests.start(params, done));
    connection.onRequest(protocol.stopRequest, (params) => requests.stop(params, done));
    connection.onRequest(protocol.restartRequest, (params) => requests.restart(params, done));
    connection.onRequest(protocol.statusRequest, () => requests.status());
    connection.onRequest(protocol.watchedRequest, () => requests.watched());
    connection.onRequest(protocol.handoverRequest, () => {
      // After the answer, for it ends the connection.
      setImmediate(() => requests.handover());
      return null;
    });
    connection.listen();
  }
}
