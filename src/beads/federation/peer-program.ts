import type { DoltProgram } from '../../database/run-dolt.ts';
import { AppError } from '../../errors.ts';
import type { Peer } from './peers.ts';

/** Of the credentials in our own environment none goes along: they may be another remote's. */
export function programFor(
  { program, peer }: { readonly program: DoltProgram; readonly peer: Peer },
  password: string | undefined,
): DoltProgram {
  const { DOLT_REMOTE_USER: _user, DOLT_REMOTE_PASSWORD: _password, ...env } = program.env;
  for (const name of Object.keys(env)) if (/^BEADS_DOLT_PASSWORD$|^DOLT_CLI_PASSWORD$/.test(name)) delete env[name];
  const credentials = { DOLT_REMOTE_USER: peer.username, DOLT_REMOTE_PASSWORD: password };
  return { ...program, env: password === undefined ? env : { ...env, ...credentials } };
}

/** What to do about a peer that refuses us. */
export function denied(peer: Peer, error: AppError): AppError {
  if (error.code !== 'ACCESS_DENIED') return error;
  const { name, username } = peer;
  const grants = /has not been granted (\w+)/.exec(error.message)?.[1];
  const right = grants?.startsWith('Super') ? 'SUPER' : grants;
  const hint = right
    ? `over there: GRANT ${right} ON *.* TO '${username}'; Dolt wants CLONE_ADMIN to fetch and SUPER to push`
    : `bd federation set-credentials ${name} --user ${username ?? 'USER'}   gives user and password`;
  return new AppError('ACCESS_DENIED', error.message, { hint, cause: error });
}
