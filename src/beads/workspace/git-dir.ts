import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** A git working tree, found without running git: a child process costs more than a read of issues. */
export interface GitTree {
  /** Top directory of this working tree. */
  readonly root: string;
  /** Directory with what this tree has of its own: HEAD, index. */
  readonly gitDir: string;
  /** Directory that all working trees of the repository share: config, refs, objects. */
  readonly commonDir: string;
  /** Top directory of the main working tree, when this is a linked one (`git worktree add`). */
  readonly mainRoot: string | undefined;
}

/**
 * The git working tree that a directory is in.
 *
 * @returns undefined outside of any
 * @example findGitTree('/home/ann/project/src')?.root // '/home/ann/project'
 */
export function findGitTree(from: string): GitTree | undefined {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    const tree = treeAt(directory);
    if (tree) return tree;
    if (dirname(directory) === directory) return undefined;
  }
}

/** The format of a `.git` file and of `commondir`: gitrepository-layout(5). */
function treeAt(root: string): GitTree | undefined {
  const dotGit = join(root, '.git');
  const found = statSync(dotGit, { throwIfNoEntry: false });
  if (found?.isDirectory()) return { root, gitDir: dotGit, commonDir: dotGit, mainRoot: undefined };
  if (!found?.isFile()) return undefined;
  const pointer = /^gitdir: (.+)$/m.exec(readFileSync(dotGit, 'utf8'))?.[1];
  if (!pointer) return undefined;
  const gitDir = resolve(root, pointer.trim());
  const commonFile = join(gitDir, 'commondir');
  // A submodule has a `.git` file too, and no commondir: it is a tree of its own.
  if (!existsSync(commonFile)) return { root, gitDir, commonDir: gitDir, mainRoot: undefined };
  const commonDir = resolve(gitDir, readFileSync(commonFile, 'utf8').trim());
  // With a bare repository there is no main tree; a `.beads` is then looked for beside it.
  const mainRoot =
    basename(commonDir) === '.git' || existsSync(join(dirname(commonDir), '.beads')) ? dirname(commonDir) : undefined;
  return { root, gitDir, commonDir, mainRoot };
}
