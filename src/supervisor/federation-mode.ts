import { randomBytes } from 'node:crypto';
import { setPassword } from '../dolt/accounts.ts';
import { offlineSql } from '../dolt/offline-sql.ts';
import { hasAccounts, openAccounts } from '../dolt/open-accounts.ts';
import type { RigConfig, RigEdit } from '../town/config.ts';
import type { TownPaths } from '../town/data-dir.ts';
import { HQ_PORT } from '../town/ports.ts';
import { readSecret, writeSecret } from '../town/secrets.ts';
import { certificateFor } from './certify-rig.ts';

/** The ports that other towns expect. */
const SQL_PORT = 3306;
const REMOTESAPI_PORT = 8080;

export interface FederationOptions {
  readonly paths: TownPaths;
  readonly doltBin: string;
  readonly env: NodeJS.ProcessEnv;
  /** Told what was made, for people. */
  onClosed?(message: string): void;
}

/** The ports of federation, for what neither the command nor gt.yaml says; 3307 is what gt itself gave. */
export function federationPorts(rig: RigConfig, asked: RigEdit): Pick<RigEdit, 'port' | 'remotesapiPort'> {
  const isOurs = rig.remotesapiPort === undefined && (rig.port === undefined || rig.port === HQ_PORT);
  return {
    port: asked.port ?? (isOurs ? SQL_PORT : undefined),
    remotesapiPort: asked.remotesapiPort ?? rig.remotesapiPort ?? REMOTESAPI_PORT,
  };
}

/**
 * Closes a rig before other machines reach it: a certificate, and a password for root where it has
 * none. What the operator has set is left as it is. The caller knows that its server does not run,
 * and holds the town's configuration lock.
 *
 * @returns what gt.yaml shall say
 */
export async function closeAccess(options: FederationOptions, rig: RigConfig): Promise<Pick<RigEdit, 'tls'>> {
  await closeRoot(options, rig.name);
  if (rig.tls) return {};
  const made = await certificateFor(options.paths, rig, []);
  options.onClosed?.(`made a certificate for rig "${rig.name}": peers trust it with ${options.paths.tls('ca.pem')}`);
  return { tls: made };
}

async function closeRoot(options: FederationOptions, rig: string): Promise<void> {
  const { paths, doltBin, env } = options;
  const given = env['BEADS_DOLT_PASSWORD'];
  const known = given || readSecret(paths, rig);
  const started = await hasAccounts({ paths, rig });
  const open = started && (await openAccounts({ paths, rig, doltBin, env })).includes('root@localhost');
  if (known ? !open : started && !open) return;
  const password = known ?? randomBytes(24).toString('base64url');
  // Kept first: a password that nobody knows would lock everybody out.
  if (!known) {
    await writeSecret(paths, rig, password);
    options.onClosed?.(`made a password for root of rig "${rig}": kept in ${paths.secret(rig)}`);
  }
  if (open) {
    const root = { user: 'root', host: 'localhost' };
    await setPassword((statements) => offlineSql({ paths, rig, doltBin, env }, statements), root, password);
  }
}
