import type { YAMLMap } from 'yaml';
import type { ConfigReader } from './config-reader.ts';

/** How Dolt replicates a rig's server to standbys: `cluster:` of a rig in gt.yaml. */
export interface ClusterConfig {
  /** What it begins as. From then on Dolt itself keeps its role, which a promotion changes. */
  readonly role: 'primary' | 'standby';
  /** Address that the other servers of the cluster reach it at. */
  readonly host: string;
  readonly port: number;
  /** The other servers: `HOST:PORT`. */
  readonly peers: readonly string[];
  /** How long a COMMIT waits until a standby has the write, in seconds; 0 does not wait. */
  readonly ackTimeoutSeconds: number;
}

const PEER = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/;
const DEFAULT_ACK_SECONDS = 10;

/** @throws AppError CONFIG_INVALID with the place of what is wrong */
export function readCluster(reader: ConfigReader, rig: YAMLMap | undefined): ClusterConfig | undefined {
  const map = reader.map(rig, 'cluster', ['role', 'host', 'port', 'peers', 'ack_timeout']);
  if (!map) return undefined;
  const port = reader.integer(map, 'port', 1, 65_535);
  const peers = (reader.text(map, 'peers') ?? '').split(/[\s,]+/).filter((peer) => peer !== '');
  if (port === undefined || peers.length === 0) reader.fail(map, 'cluster needs a port, and peers like "db2:50051"');
  const wrong = peers.find((peer) => !PEER.test(peer));
  if (wrong) reader.fail(map.get('peers', true), `"${wrong}" is no HOST:PORT`);
  const wait = reader.duration(map, 'ack_timeout');
  return {
    role: reader.oneOf(map, 'role', ['primary', 'standby']) === 'standby' ? 'standby' : 'primary',
    host: reader.text(map, 'host') ?? '0.0.0.0',
    port,
    peers,
    ackTimeoutSeconds: wait === undefined ? DEFAULT_ACK_SECONDS : Math.ceil(wait / 1_000),
  };
}

/** The same as it stands in the file. */
export function clusterNode({ role, host, port, peers, ackTimeoutSeconds }: ClusterConfig): Record<string, unknown> {
  return { role, host, port, peers: peers.join(' '), ack_timeout: `${ackTimeoutSeconds}s` };
}
