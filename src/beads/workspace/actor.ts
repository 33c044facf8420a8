import { userInfo } from 'node:os';
import { gitIdentity } from './git-identity.ts';

/** Who acts, in the three forms in which it is written down. */
export interface Actor {
  /** Name in rows and events. */
  readonly actor: string;
  /** E-mail that new issues get as `owner`; empty when nobody knows one. */
  readonly owner: string;
  /** Author of Dolt commits: `Name <email>`. */
  readonly commitAuthor: string;
}

export interface ActorSources {
  /** Value of `--actor`. */
  flag?: string | undefined;
  /** The setting `actor` of the configuration files. */
  configured?: string | undefined;
  env: NodeJS.ProcessEnv;
  /** Directory whose git configuration counts. */
  dir: string;
}

/**
 * Who acts. Name: the flag, BEADS_ACTOR, BD_ACTOR, the setting, git's user.name, $USER. Author of
 * commits: the flag or BEADS_ACTOR, else git's identity, else `beads <beads@local>`.
 */
export async function resolveActor(sources: ActorSources): Promise<Actor> {
  const { env } = sources;
  const git = await gitIdentity(sources.dir, env);
  const named = clean(sources.flag) || clean(env['BEADS_ACTOR']);
  const gitName = clean(env['GIT_AUTHOR_NAME']) || clean(git.name);
  const owner = clean(env['GIT_AUTHOR_EMAIL']) || clean(git.email);
  const author = named || gitName || 'beads';
  return {
    actor: named || clean(env['BD_ACTOR']) || clean(sources.configured) || clean(git.name) || loginName(env),
    owner,
    commitAuthor: `${author.replace(/[<>]/g, '')} <${owner.replace(/[<>]/g, '') || 'beads@local'}>`,
  };
}

/** A name is one line: control characters would break commit messages and listings. */
function clean(name: string | undefined): string {
  return (name ?? '').replace(/\p{Cc}+/gu, ' ').trim();
}

function loginName(env: NodeJS.ProcessEnv): string {
  const fromEnv = clean(env['USER']) || clean(env['LOGNAME']);
  if (fromEnv) return fromEnv;
  try {
    return userInfo().username;
  } catch {
    // A uid without an entry in the user database, as in containers.
    return 'unknown';
  }
}
