import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError, messageOf } from '../errors.ts';

/**
 * Shows a text in the user's editor ($VISUAL, $EDITOR, else vi) and returns it as it was saved. A
 * text that is not taken stays in a file, which the error names.
 *
 * @param take is given the text; when it throws, the file is kept
 * @throws AppError IO_ERROR when the editor cannot be started or ends with an error
 */
export async function editText<T>(
  name: string,
  edit: (open: (text: string) => Promise<string>) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'bd-edit-'));
  const path = join(directory, `${name}.md`);
  let saved = false;
  try {
    const result = await edit(async (text) => {
      await writeFile(path, text, { mode: 0o600 });
      await runEditor(path);
      const edited = await readFile(path, 'utf8');
      saved = true;
      // Editors end the last line; a text that had no such end is not changed by that.
      return text.endsWith('\n') ? edited : edited.replace(/\n$/, '');
    });
    await rm(directory, { recursive: true, force: true });
    return result;
  } catch (error) {
    if (!saved) await rm(directory, { recursive: true, force: true });
    if (!saved || !(error instanceof AppError)) throw error;
    throw new AppError(error.code, error.message, { hint: `your text is kept in ${path}`, cause: error });
  }
}

async function runEditor(path: string): Promise<void> {
  const chosen = process.env['VISUAL'] || process.env['EDITOR'];
  if (!chosen && !(process.stdin.isTTY && process.stdout.isTTY)) {
    throw new AppError('USAGE', 'there is no terminal for an editor', {
      hint: 'set EDITOR to a program that needs none, or use `bd update` with --description, --notes, …',
    });
  }
  const command = chosen || 'vi';
  // The variable may hold arguments (`code --wait`), so a shell reads it; the path is an argument of its own.
  const child = spawn('sh', ['-c', `${command} "$1"`, 'sh', path], { stdio: 'inherit' });
  const [code, signal] = await once(child, 'exit').catch((error: unknown) => {
    throw new AppError('IO_ERROR', `cannot start the editor "${command}": ${messageOf(error)}`, { cause: error });
  });
  if (code === 0) return;
  throw new AppError(
    'IO_ERROR',
    `the editor "${command}" ended with ${signal ?? `code ${String(code)}`}; nothing was written`,
    {
      hint: 'set EDITOR, or use `bd update` with --description, --notes, …',
    },
  );
}
