import { PUSHES_FAST } from '../util/dolt-pushes.ts';

/** The environment for a git that asks nobody, and gives up a remote that went silent. */
export function gitEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { GIT_HTTP_LOW_SPEED_LIMIT: '1', GIT_HTTP_LOW_SPEED_TIME: '30', ...env, GIT_TERMINAL_PROMPT: '0' };
}

/** The environment for a Dolt that talks to remotes, and for the git that it runs. */
export function remoteEnvironment(env: NodeJS.ProcessEnv, doltHome: string): NodeJS.ProcessEnv {
  return {
    ...PUSHES_FAST,
    ...gitEnvironment(env),
    DOLT_ROOT_PATH: doltHome,
    DOLT_DISABLE_EVENT_FLUSH: 'true',
    TZ: 'UTC',
  };
}
