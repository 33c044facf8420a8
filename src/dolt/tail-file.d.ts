/** The part of the package `tail-file` that is used; it brings no types. */
declare module 'tail-file' {
  import { EventEmitter } from 'node:events';

  export default class Tail extends EventEmitter {
    constructor(path: string, options: { startPos?: 'start' | 'end'; force?: boolean });
    /** Offset in bytes from which it reads on. */
    readonly pos: number;
    start(): void;
    stop(): Promise<void>;
  }
}
