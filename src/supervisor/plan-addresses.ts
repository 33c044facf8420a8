import { findHandStarted } from '../dolt/hand-started.ts';
import { requirePasswords } from '../dolt/open-accounts.ts';
import { AppError } from '../errors.ts';
import { localAddress } from '../town/address.ts';
import type { RigConfig, RigEdit, TownConfig } from '../town/config.ts';
import { allocatePort, givenHqPort } from '../town/ports.ts';
import { HQ_RIG } from '../town/rig-name.ts';
import { rootPasswords } from '../town/secrets.ts';
import { assertNotRunningElsewhere, assertUnclaimed, isRunning } from './address-conflicts.ts';
import { reachesOut, requireTls } from './closed-by-default.ts';
import { closeAccess, federationPorts } from './federation-mode.ts';
import type { PrepareOptions } from './prepare-rigs.ts';
import { assertPortFree } from './start-conflicts.ts';

/**
 * What gt.yaml shall say of the addresses of rigs that are to start: those that were asked for, by
 * flags or environment, and ports for rigs that have none. Writes nothing there. An address is kept
 * because the supervisor, which starts a server again when it died, has no environment but its own.
 *
 * @throws AppError RIG_RUNNING, PORT_IN_USE, TLS_MISSING, PASSWORD_MISSING for an address that a start would refuse
 */
export async function planAddresses(
  options: PrepareOptions,
  rigs: readonly RigConfig[],
  config: TownConfig,
): Promise<RigEdit[]> {
  const forOne = options.federation || options.port !== undefined || options.remotesapiPort !== undefined;
  if (forOne && rigs.length !== 1) {
    const flags = '--port, --remotesapi-port and --federation';
    throw new AppError('USAGE', `${flags} are for one rig, and ${rigs.length} are meant`, {
      hint: 'name the rig: gt dolt start RIG --port N',
    });
  }
  const edits: RigEdit[] = [];
  for (const rig of rigs) {
    const current = withEdits(config, edits);
    const edit = await askedFor(options, rig, current);
    edit.port ??= rig.port === undefined ? await allocatePort(rig.name, current, options.env) : undefined;
    if (isAddress(edit)) edits.push(edit);
  }
  return edits;
}

async function askedFor(options: PrepareOptions, rig: RigConfig, current: TownConfig): Promise<RigEdit> {
  const { paths, env } = options;
  const host = wantedHost(rig, env);
  const fromEnv = options.port === undefined ? wantedPort(rig, env) : undefined;
  const edit: RigEdit = {
    name: rig.name,
    host,
    port: options.port ?? fromEnv,
    remotesapiPort: options.remotesapiPort,
  };
  if (options.federation) Object.assign(edit, federationPorts(rig, edit));
  await assertNotRunningElsewhere(paths, rig, edit);
  assertUnclaimed(current, edit);
  const running = await isRunning(paths, rig.name);
  if (!running) await assertNewPortsFree(options, rig, edit);
  if (options.federation && !running) Object.assign(edit, await closeAccess(options, rig));
  const wanted = merged(rig, edit);
  if (isAddress(edit) && !running && reachesOut(wanted)) {
    requireTls(wanted);
    await askForPasswords(options, rig.name);
  }
  if (host !== undefined) options.onKept?.(`GT_DOLT_HOST: rig "${rig.name}" has host ${host} in gt.yaml from now on`);
  if (fromEnv !== undefined && rig.port !== undefined)
    options.onKept?.(`GT_DOLT_PORT: rig "${rig.name}" has port ${fromEnv} in gt.yaml from now on`);
  return edit;
}

/** A port that gt.yaml has already may be held by the rig's own server. */
async function assertNewPortsFree({ paths }: PrepareOptions, rig: RigConfig, edit: RigEdit): Promise<void> {
  const ports = [edit.port, edit.remotesapiPort].filter(
    (port) => port !== undefined && port !== rig.port && port !== rig.remotesapiPort,
  );
  // One that was started by hand serves the rig, wherever it listens.
  if (ports.length === 0 || (await findHandStarted(paths, rig.name))) return;
  const host = localAddress(edit.host ?? rig.host);
  for (const port of ports) if (port !== undefined) await assertPortFree(rig.name, host, port);
}

/** Before it is kept in gt.yaml; what cannot be told yet is told when the server is launched. */
async function askForPasswords(options: PrepareOptions, rig: string): Promise<void> {
  try {
    const passwords = rootPasswords(options.paths, rig, options.env['BEADS_DOLT_PASSWORD'] ?? '');
    await requirePasswords({ ...options, rig, passwords });
  } catch (error) {
    if (error instanceof AppError && error.code === 'PASSWORD_MISSING') throw error;
  }
}

/** GT_DOLT_PORT is the HQ rig's port, before what gt.yaml says. */
export function wantedPort(rig: RigConfig, env: NodeJS.ProcessEnv): number | undefined {
  const given = rig.name === HQ_RIG ? givenHqPort(env) : undefined;
  return given === rig.port ? undefined : given;
}

/** GT_DOLT_HOST likewise. */
export function wantedHost(rig: RigConfig, env: NodeJS.ProcessEnv): string | undefined {
  const given = rig.name === HQ_RIG ? env['GT_DOLT_HOST'] : undefined;
  return given && given !== rig.host ? given : undefined;
}

/** The configuration as it would be read after these edits. Rigs that run elsewhere stay there. */
export function withEdits(config: TownConfig, edits: readonly RigEdit[]): TownConfig {
  const rigs = new Map(config.rigs.map((rig) => [rig.name, rig]));
  for (const edit of edits) {
    if (config.remoteRigs.some(({ name }) => name === edit.name)) continue;
    const fresh = { name: edit.name, host: '127.0.0.1', port: undefined, remotesapiPort: undefined };
    rigs.set(edit.name, merged(rigs.get(edit.name) ?? fresh, edit));
  }
  return { ...config, rigs: [...rigs.values()] };
}

function merged(rig: RigConfig, edit: RigEdit): RigConfig {
  return {
    ...rig,
    host: edit.host ?? rig.host,
    port: edit.port ?? rig.port,
    remotesapiPort: edit.remotesapiPort ?? rig.remotesapiPort,
    tls: edit.tls ?? rig.tls,
  };
}

function isAddress(edit: RigEdit): boolean {
  return edit.host !== undefined || edit.port !== undefined || edit.remotesapiPort !== undefined;
}
