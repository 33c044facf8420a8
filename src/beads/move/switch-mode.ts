import { join } from 'node:path';
import { configPath, editConfig, withConfigLock } from '../workspace/config-file.ts';
import type { Target } from '../workspace/endpoint.ts';
import { metadataFor } from '../workspace/init.ts';
import { writePortFile } from '../workspace/init-files.ts';
import { type Metadata, readMetadata, writeMetadata } from '../workspace/metadata.ts';
import type { MovePlan } from './plan-move.ts';

/**
 * Lets a workspace use a database: the last write, of the file that names the mode, is what counts;
 * before it nothing has changed for anybody.
 *
 * @returns the files that were written
 */
export function switchMode(plan: MovePlan, target: Target, projectId: string): Promise<string[]> {
  const { beadsDir, inConfig } = plan;
  return withConfigLock(beadsDir, async () => {
    const files: string[] = [];
    if (target.mode === 'server' && !target.endpoint.socket) {
      await writePortFile(beadsDir, target.endpoint.port);
      files.push(join(beadsDir, 'dolt-server.port'));
    }
    await writeMetadata(beadsDir, { ...withoutServer(readMetadata(beadsDir)), ...metadataFor(target, projectId) });
    files.push(join(beadsDir, 'metadata.json'));
    if (inConfig) {
      await editConfig(beadsDir, new Map([['dolt.mode', target.mode]]));
      files.push(configPath(beadsDir));
    }
    return files;
  });
}

/** An embedded database has none; whoever clones the project is not to look for it there. */
function withoutServer(metadata: Metadata | undefined): Metadata {
  const {
    dolt_server_host: _host,
    dolt_server_port: _port,
    dolt_server_socket: _socket,
    dolt_server_user: _user,
    dolt_server_tls: _tls,
    ...rest
  } = metadata ?? {};
  return rest;
}
