import { makeTownDirectories } from '../dolt/environment.ts';
import { assertDoltTakes, createRigDatabase, holdsDatabase } from '../dolt/rig-database.ts';
import { AppError } from '../errors.ts';
import { editRigs, readTownConfig, type TownConfig } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { allocatePort } from '../town/ports.ts';
import { assertRigName, HQ_RIG } from '../town/rig-name.ts';
import { rootPasswords } from '../town/secrets.ts';
import { fileError } from '../util/atomic-write.ts';
import { acquireLock } from '../util/process-lock.ts';
import { firstRigs } from './known-rigs.ts';
import type { ListedRig } from './list-rigs.ts';

export interface InitRigOptions {
  readonly paths: TownPaths;
  readonly rig: string;
  readonly port?: number | undefined;
  readonly remotesapiPort?: number | undefined;
  readonly doltBin: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  /** Told of the HQ rig, where it is made first. */
  onCreated?(rig: string): void;
}

const LOCK_WAIT_MS = 60_000;

/** A data dir that is empty gets its HQ rig first, whatever is the first command there. */
async function townConfig(options: InitRigOptions): Promise<TownConfig> {
  const { paths, env } = options;
  const config = await readTownConfig(paths.config);
  if (config.rigs.length > 0) return config;
  const first = (await firstRigs(paths)).filter((name) => name !== options.rig);
  if (first.length === 0) return config;
  const port = first.includes(HQ_RIG) ? await allocatePort(HQ_RIG, config, env) : undefined;
  if (!(await holdsDatabase(paths, HQ_RIG)) && first.includes(HQ_RIG)) {
    await createRigDatabase(paths, HQ_RIG, options.doltBin, env);
    options.onCreated?.(HQ_RIG);
  }
  await editRigs(
    paths.config,
    first.map((name) => ({ name, port: name === HQ_RIG ? port : undefined })),
  );
  return readTownConfig(paths.config);
}

/** As `start` does, which would refuse the rig again and again. */
async function requireClosed({ paths, rig, env, port }: InitRigOptions, remotesapiPort: number): Promise<void> {
  const settings = (await readTownConfig(paths.config)).rigs.find((one) => one.name === rig);
  const passwords = [...rootPasswords(paths, rig, env['BEADS_DOLT_PASSWORD'] ?? ''), env['DOLT_ROOT_PASSWORD'] ?? ''];
  const known = passwords.some((password) => password !== '');
  if (settings?.tls && known) return;
  const [code, missing] = settings?.tls
    ? (['PASSWORD_MISSING', 'password'] as const)
    : (['TLS_MISSING', 'certificate'] as const);
  const ports = `${port === undefined ? '' : ` --port ${port}`} --remotesapi-port ${remotesapiPort}`;
  throw new AppError(code, `a new rig has no ${missing}, and a remotesapi port is open to other machines`, {
    hint: `gt dolt init-rig ${rig}; then: gt dolt start ${rig} --federation${ports}   makes both`,
  });
}

/**
 * Makes the database of a new rig and its entry in `gt.yaml`. Refuses a rig that exists.
 *
 * @throws AppError RIG_NAME_INVALID, VALIDATION, RIG_EXISTS, PORT_IN_USE, TLS_MISSING, PASSWORD_MISSING, IO_ERROR
 */
export async function initRig(options: InitRigOptions): Promise<ListedRig> {
  const { paths, rig, remotesapiPort } = options;
  assertRigName(rig);
  assertDoltTakes(paths.dataDir);
  await makeTownDirectories(paths).catch((error: unknown) => {
    throw fileError(error, `cannot make ${paths.dataDir}`);
  });
  const lock = await acquireLock({
    directory: paths.lock('config'),
    purpose: `gt dolt init-rig ${rig}`,
    subject: 'gt.yaml',
    timeoutMs: LOCK_WAIT_MS,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  try {
    if (await holdsDatabase(paths, rig)) {
      throw new AppError('RIG_EXISTS', `rig "${rig}" exists: ${paths.rig(rig)} is a Dolt database`, {
        hint: `gt dolt start ${rig}`,
      });
    }
    if (remotesapiPort !== undefined) await requireClosed(options, remotesapiPort);
    const config = await townConfig(options);
    const taken = config.rigs.find(
      (other) =>
        other.name !== rig &&
        [other.port, other.remotesapiPort].some(
          (port) => port !== undefined && (port === options.port || port === remotesapiPort),
        ),
    );
    if (taken)
      throw new AppError('PORT_IN_USE', `that port is configured for rig "${taken.name}"`, {
        hint: 'choose another one',
      });
    const port =
      options.port ??
      config.rigs.find((one) => one.name === rig)?.port ??
      (await allocatePort(rig, config, options.env));
    await createRigDatabase(paths, rig, options.doltBin, options.env);
    await editRigs(paths.config, [{ name: rig, port, remotesapiPort }]);
    return {
      rig,
      directory: paths.rig(rig),
      host: '127.0.0.1',
      port,
      remotesapi_port: remotesapiPort ?? null,
      database_exists: true,
      configured: true,
    };
  } finally {
    await lock.release();
  }
}
