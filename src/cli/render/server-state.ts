import type { EmbeddedTarget, ServerTarget, Target } from '../../beads/workspace/endpoint.ts';
import type { Paint } from '../style.ts';

/** What `bd dolt status` prints; the keys of the Go `bd`. */
export interface ServerState {
  running: boolean;
  /** Of an embedded database; empty for a server, which does not tell. */
  data_dir: string;
  /** 0 for an embedded database. */
  port: number;
  /** Always 0: bd starts no server, and a server does not tell its process. */
  pid: number;
  mode: Target['mode'];
  host?: string;
}

export function embeddedState({ dataDir }: EmbeddedTarget): ServerState {
  return { running: false, data_dir: dataDir, port: 0, pid: 0, mode: 'embedded' };
}

/** @param running whether it answered */
export function serverState({ endpoint: { host, port } }: ServerTarget, running: boolean): ServerState {
  return { running, data_dir: '', port, pid: 0, mode: 'server', host };
}

export function renderServerState(state: ServerState, paint: Paint): string {
  if (state.mode === 'embedded') {
    return ['Dolt server: not running (the database is embedded, and needs none)', `  Data: ${state.data_dir}`].join(
      '\n',
    );
  }
  const word = state.running ? paint('green', 'running') : paint('red', 'not running');
  return [`Dolt server: ${word}`, `  Address: ${state.host}:${state.port}`].join('\n');
}
