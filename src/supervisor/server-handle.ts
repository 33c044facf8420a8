import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from 'mysql2/promise';
import type { RigProbe } from '../dolt/rig-probe.ts';
import { askServer, connect, failedProbe, type ProbeTarget } from '../dolt/server-probe.ts';
import { verifyServer } from '../dolt/server-process.ts';
import type { ServerProcess } from '../town/live-state.ts';

/** How often an adopted server, whose exit nobody reports to us, is looked at. */
const ADOPTED_POLL_MS = 400;

/**
 * A server process that the supervisor watches: its own child, or a survivor that it adopted.
 * Keeps one connection for questions, so that asking costs a query and not a login.
 */
export class ServerHandle {
  readonly server: ServerProcess;
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>;
  /** Set when its end was asked for. */
  stopping = false;
  private connection: Connection | undefined;
  private asking: Promise<RigProbe> | undefined;
  private released = false;

  constructor(server: ServerProcess, child?: ChildProcess) {
    this.server = server;
    this.exited = (child ? childExit(child) : this.pollExit()).then(() => this.disconnect());
  }

  async isAlive(): Promise<boolean> {
    return (await verifyServer(this.server)).result !== 'dead';
  }

  /** Asks the server who it is. Several callers at the same time share one question. */
  probe(target: ProbeTarget): Promise<RigProbe> {
    this.asking ??= this.ask(target).finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  /** Lets go of the process: it runs on, nobody watches it. */
  release(): void {
    this.released = true;
    this.disconnect();
  }

  private async ask(target: ProbeTarget): Promise<RigProbe> {
    try {
      if (!this.connection) {
        this.connection = await connect(target);
        // The server's end closes it; the process's end is what we act upon.
        this.connection.on('error', () => this.disconnect());
      }
      return await askServer(this.connection, target);
    } catch (error) {
      this.disconnect();
      return failedProbe(error);
    }
  }

  /** Closes the connection that was kept for questions, so that the server need not. */
  disconnect(): void {
    this.connection?.destroy();
    this.connection = undefined;
  }

  private async pollExit(): Promise<void> {
    while (!this.released && (await this.isAlive())) {
      await delay(ADOPTED_POLL_MS, undefined, { ref: false });
    }
    if (this.released) await new Promise(() => undefined);
  }
}

function childExit(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}
