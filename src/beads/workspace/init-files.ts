import { appendFile, chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemErrorCode } from '../../errors.ts';
import { fileError, writeFileAtomic } from '../../util/atomic-write.ts';
import { editConfig, withConfigLock } from './config-file.ts';
import { findGitTree } from './git-dir.ts';
import { AGENTS, AGENTS_BEGIN, CONFIG, GITIGNORE, PROJECT_GITIGNORE, README } from './templates.ts';

export interface WorkspaceFilesOptions {
  beadsDir: string;
  /** Keep every trace out of the repository: nothing but `.beads`, and that excluded locally. */
  stealth: boolean;
  /** Leave AGENTS.md as it is. */
  skipAgents: boolean;
  /** Goes to `config.yaml` as `sync.remote`. */
  remote?: string | undefined;
}

/** Makes the `.beads` directory, mode 0700; one that is there keeps its mode. */
export async function makeBeadsDir(beadsDir: string): Promise<void> {
  try {
    if ((await mkdir(beadsDir, { recursive: true, mode: 0o700 })) !== undefined) await chmod(beadsDir, 0o700);
  } catch (error) {
    throw fileError(error, `cannot make ${beadsDir}`);
  }
}

/**
 * Writes the files of a workspace that are missing; one that is there is not touched, but for lines
 * that are added to the project's `.gitignore` and AGENTS.md.
 *
 * @returns the files that were written or added to
 */
export async function writeWorkspaceFiles(options: WorkspaceFilesOptions): Promise<string[]> {
  const { beadsDir } = options;
  const root = dirname(beadsDir);
  const written = [
    await writeIfMissing(join(beadsDir, 'config.yaml'), CONFIG, 0o600),
    await writeIfMissing(join(beadsDir, '.gitignore'), GITIGNORE, 0o600),
    await writeIfMissing(join(beadsDir, 'README.md'), README, 0o644),
  ];
  if (options.remote) {
    const edit = new Map([['sync.remote', options.remote]]);
    const changed = await withConfigLock(beadsDir, () => editConfig(beadsDir, edit));
    written.push(changed ? join(beadsDir, 'config.yaml') : undefined);
  }
  const tree = findGitTree(root);
  if (options.stealth) {
    if (tree) written.push(await addLines(join(tree.commonDir, 'info', 'exclude'), ['.beads/']));
  } else {
    if (tree) written.push(await addLines(join(root, '.gitignore'), PROJECT_GITIGNORE));
    if (!options.skipAgents) written.push(await addAgents(join(root, 'AGENTS.md')));
  }
  return [...new Set(written.filter((path) => path !== undefined))];
}

/**
 * Adds to the `.gitignore` of a `.beads` of an older tool what it lacks: the databases above all.
 *
 * @returns the file, if it was written or added to
 */
export async function completeGitignore(beadsDir: string): Promise<string | undefined> {
  const path = join(beadsDir, '.gitignore');
  const patterns = GITIGNORE.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return (await writeIfMissing(path, GITIGNORE, 0o600)) ?? (await addLines(path, patterns));
}

/** The port file beside `metadata.json`: the Go `bd` looks there first. */
export async function writePortFile(beadsDir: string, port: number): Promise<void> {
  await writeFileAtomic(join(beadsDir, 'dolt-server.port'), String(port), 0o600);
}

async function writeIfMissing(path: string, content: string, mode: number): Promise<string | undefined> {
  try {
    await writeFile(path, content, { mode, flag: 'wx' });
    return path;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return undefined;
    throw fileError(error, `cannot write ${path}`);
  }
}

async function addLines(path: string, lines: readonly string[]): Promise<string | undefined> {
  const text = await readText(path);
  const present = text.split(/\r?\n/).map((line) => line.trim());
  const missing = lines.filter((line) => !present.includes(line));
  if (missing.length === 0) return undefined;
  return append(path, `${newlineFor(text)}${missing.join('\n')}\n`);
}

async function addAgents(path: string): Promise<string | undefined> {
  const text = await readText(path);
  if (text.includes(AGENTS_BEGIN)) return undefined;
  return append(path, `${newlineFor(text)}${text === '' ? '' : '\n'}${AGENTS}`);
}

async function append(path: string, text: string): Promise<string> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await appendFile(path, text);
    return path;
  } catch (error) {
    throw fileError(error, `cannot write ${path}`);
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return '';
    throw fileError(error, `cannot read ${path}`);
  }
}

function newlineFor(text: string): string {
  return text === '' || text.endsWith('\n') ? '' : '\n';
}
