import { databasesIn, holdsDatabase } from '../dolt/rig-database.ts';
import { readTownConfig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';

/** One rig in the JSON of `gt dolt list`. */
export interface ListedRig {
  rig: string;
  /** Null for one that is managed elsewhere. */
  directory: string | null;
  host: string;
  port: number | null;
  remotesapi_port: number | null;
  /** Whether its directory is a Dolt database. */
  database_exists: boolean;
  /** False for a database in the data dir that gt.yaml does not name. */
  configured: boolean;
}

/** The JSON of `gt dolt list`. */
export interface TownList {
  data_dir: string;
  rigs: ListedRig[];
}

/** The configured rigs, and the databases in the data dir that are not configured. */
export async function listRigs(paths: TownPaths, env: NodeJS.ProcessEnv = {}): Promise<TownList> {
  const [config, databases] = await Promise.all([readTownConfig(paths.config, env), databasesIn(paths)]);
  const configured = await Promise.all(
    config.rigs.map(async ({ name, host, port, remotesapiPort }) => ({
      rig: name,
      directory: paths.rig(name),
      host,
      port: port ?? null,
      remotesapi_port: remotesapiPort ?? null,
      database_exists: await holdsDatabase(paths, name),
      configured: true,
    })),
  );
  const others = databases.filter((name) => !config.rigs.some((rig) => rig.name === name));
  const found = others.map((name) => ({
    rig: name,
    directory: paths.rig(name),
    host: '127.0.0.1',
    port: null,
    remotesapi_port: null,
    database_exists: true,
    configured: false,
  }));
  const elsewhere = config.remoteRigs.map(({ name, host, port }) => ({
    rig: name,
    directory: null,
    ...{ host, port, remotesapi_port: null, database_exists: true, configured: true },
  }));
  return { data_dir: paths.dataDir, rigs: [...configured, ...found, ...elsewhere] };
}
