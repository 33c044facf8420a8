import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { findGitTree } from './git-dir.ts';

/**
 * The ids with which a database remembers what repository and which clone it was made in; their
 * form is the Go `bd`'s (go-bd 1.0.3, rows written by init).
 *
 * @returns repoId 32 and cloneId 16 hex digits
 */
export function repositoryIds(dir: string): { repoId: string; cloneId: string } {
  const tree = findGitTree(dir);
  const place = tree?.root ?? dir;
  const origin = tree && originUrl(tree.commonDir);
  return {
    repoId: sha256(origin ? canonicalUrl(origin) : place).slice(0, 32),
    cloneId: sha256(`${hostname()}:${place}`).slice(0, 16),
  };
}

/** `host/path` of a git remote, the same for its https, ssh and `user@host:path` forms. */
export function canonicalUrl(url: string): string {
  const scp = /^(?:[^@/]+@)?([^:/]+):(?!\/\/)(.+)$/.exec(url);
  const path = scp
    ? `${scp[1]}/${scp[2]}`
    : url.replace(/^[a-z+]+:\/\/(?:[^@/]*@)?/i, '').replace(/^([^/:]+):\d+/, '$1');
  return path
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .replace(/^[^/]+/, (host) => host.toLowerCase());
}

function originUrl(commonDir: string): string | undefined {
  try {
    const text = readFileSync(join(commonDir, 'config'), 'utf8');
    const section = /^\s*\[remote "origin"\]\s*$([^[]*)/m.exec(text)?.[1];
    return section && /^\s*url\s*=\s*(\S+)\s*$/m.exec(section)?.[1];
  } catch {
    return undefined;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
