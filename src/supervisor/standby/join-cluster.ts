import { join } from 'node:path';
import { makeTownDirectories } from '../../dolt/environment.ts';
import { createRigDatabase } from '../../dolt/rig-database.ts';
import { AppError } from '../../errors.ts';
import { isLoopback } from '../../town/address.ts';
import { editRigs, readTownConfig } from '../../town/config.ts';
import type { TownPaths } from '../../town/data-dir.ts';
import { allocatePort } from '../../town/ports.ts';
import { assertRigName } from '../../town/rig-name.ts';
import { writeSecret } from '../../town/secrets.ts';
import { writeFileAtomic } from '../../util/atomic-write.ts';
import { makeDirectory } from '../../util/make-directory.ts';
import { acquireLock } from '../../util/process-lock.ts';
import type { StandbyBundle } from './bundle.ts';

export interface JoinOptions {
  readonly paths: TownPaths;
  readonly bundle: StandbyBundle;
  /** Of its SQL server; default: the first that is free. */
  readonly port?: number | undefined;
  readonly doltBin: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Makes a rig of this town the standby of another's: a new, empty database, which the primary fills.
 *
 * @returns the port of its SQL server
 * @throws AppError RIG_EXISTS when there is such a rig or database; IO_ERROR
 */
export async function joinCluster({ paths, bundle, doltBin, env, ...options }: JoinOptions): Promise<number> {
  const { rig } = bundle;
  assertRigName(rig);
  await makeTownDirectories(paths);
  const lock = await acquireLock({
    directory: paths.lock('config'),
    purpose: 'gt dolt standby join',
    subject: 'gt.yaml',
    timeoutMs: 60_000,
  });
  try {
    const config = await readTownConfig(paths.config);
    if ([...config.rigs, ...config.remoteRigs].some(({ name }) => name === rig)) {
      throw new AppError('RIG_EXISTS', `rig "${rig}" is configured here already: a primary would write over it`, {
        hint: 'choose another data dir for the standby: --data-dir, or GT_DOLT_DATA_DIR',
      });
    }
    await createRigDatabase(paths, rig, doltBin, env);
    const directory = paths.tls('.');
    await makeDirectory(directory);
    const tls = { cert: `${rig}.pem`, key: `${rig}-key.pem`, ca: `${rig}-ca.pem` };
    await writeFileAtomic(join(directory, tls.cert), bundle.cert, 0o600);
    await writeFileAtomic(join(directory, tls.key), bundle.key, 0o600);
    await writeFileAtomic(join(directory, tls.ca), bundle.ca, 0o600);
    await writeSecret(paths, rig, bundle.root_password);
    const port = options.port ?? (await allocatePort(rig, config, env));
    const relative = (name: string) => join('.gt', 'tls', name);
    await editRigs(paths.config, [
      {
        ...{ name: rig, port },
        tls: { cert: relative(tls.cert), key: relative(tls.key), ca: relative(tls.ca) },
        cluster: {
          ...{ role: 'standby', port: bundle.port, peers: bundle.peers },
          host: isLoopback(bundle.host) ? bundle.host : '0.0.0.0',
          ackTimeoutSeconds: bundle.ack_timeout_seconds,
        },
      },
    ]);
    return port;
  } finally {
    await lock.release();
  }
}
