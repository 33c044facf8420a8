import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** An address without the password that somebody put into it. */
export function shownUrl(url: string): string {
  return url.replace(/([a-z+]+:\/\/[^/@:\s]*):[^/@\s]*@/gi, '$1:…@');
}

/** The arguments with which Dolt takes the user of DOLT_REMOTE_USER; only its remotesapi has users. */
export function userArguments(url: string, env: NodeJS.ProcessEnv): string[] {
  const user = env['DOLT_REMOTE_USER'];
  return user && /^https?:\/\//i.test(url) && !url.endsWith('.git') ? ['--user', user] : [];
}

/**
 * The directory that a `file://` remote is said to be, when it is not there. Dolt would make it and
 * say that it holds no data, which of a disk that is not mounted is wrong.
 */
export function missingDirectory(url: string): string | undefined {
  if (!/^file:\/\//i.test(url)) return undefined;
  try {
    const path = fileURLToPath(url);
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? undefined : path;
  } catch {
    // Of a form that only Dolt understands, or not ours to look at.
    return undefined;
  }
}
