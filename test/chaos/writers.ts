import type { OpenBeads, OpenBeadsDirectory } from '../../src/index.ts';
import type { Journal } from './journal.ts';
import type { Random } from './random.ts';
import type { ChaosRig, ChaosTown } from './town.ts';

/** What a writer asks for, through the command or the library. Rejects when it is not acknowledged. */
interface Hand {
  create(title: string): Promise<string>;
  comment(id: string, text: string): Promise<void>;
  setNotes(id: string, text: string): Promise<void>;
  close(id: string): Promise<void>;
  /** False when somebody else has it. */
  claim(id: string): Promise<boolean>;
  end(): Promise<void>;
}

export interface WriterOptions {
  town: ChaosTown;
  rig: ChaosRig;
  /** Name of the writer, who acts under it. */
  name: string;
  random: Random;
  journal: Journal;
  /** Issues of this rig that everybody wants. */
  targets: readonly string[];
  signal: AbortSignal;
}

/** Works through `bd` in a process for each write. */
export function commandHand({ town, rig, name }: WriterOptions): Hand {
  const bd = async (...args: string[]) => {
    const env = { BEADS_ACTOR: name };
    const result = await town.workspace.bd([...args, '--json'], { cwd: rig.project, env, timeout: 120_000 });
    if (result.exitCode === 0) return result.stdout;
    throw Object.assign(new Error(result.stderr || result.stdout), { code: codeIn(result.stdout) });
  };
  return {
    create: async (title) => (JSON.parse(await bd('create', title)) as { id: string }).id,
    comment: async (id, text) => void (await bd('comment', id, text)),
    setNotes: async (id, text) => void (await bd('update', id, '--notes', text)),
    close: async (id) => void (await bd('close', id)),
    claim: (id) => wonUnless(bd('update', id, '--claim')),
    end: () => Promise.resolve(),
  };
}

/** Works through the library, with one connection pool for as long as the server lives. */
export function libraryHand(
  { rig, name }: WriterOptions,
  open: (options: OpenBeadsDirectory) => Promise<OpenBeads>,
): Hand {
  let opened: Promise<OpenBeads> | undefined;
  const beads = () => {
    opened ??= open({ dir: rig.project, actor: name }).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  return {
    create: async (title) => (await (await beads()).create({ title })).id,
    comment: async (id, text) => void (await (await beads()).addComment(id, text)),
    setNotes: async (id, text) => void refuse(await (await beads()).update([id], { notes: text })),
    close: async (id) => void refuse(await (await beads()).close([id])),
    claim: async (id) => wonUnless((await beads()).claim(id)),
    end: async () => (await opened)?.end(),
  };
}

/** Writes until the signal, and notes in the journal what was tried and what was acknowledged. */
export async function write(options: WriterOptions, hand: Hand): Promise<void> {
  const { journal, rig, name, targets, signal } = options;
  const own: string[] = [];
  const wanted = [...targets];
  for (let count = 0; !signal.aborted; count += 1) {
    // What became of the deeds before does not change what is tried next.
    const random = options.random.fork(`deed ${count}`);
    const deed = random.next();
    const id = own.length > 0 ? own[random.below(own.length)] : undefined;
    try {
      if (wanted.length > 0 && deed < 0.2) {
        const target = wanted.splice(random.below(wanted.length), 1)[0] ?? '';
        if (await hand.claim(target))
          entry(journal.winners, target, () => ({ rig: rig.name, actors: [] })).actors.push(name);
      } else if (id === undefined || deed < 0.55) {
        const title = `${name} ${count}`;
        const record = entry(journal.created, title, () => ({ rig: rig.name, acknowledged: false }));
        own.push(await hand.create(title));
        record.acknowledged = true;
      } else if (deed < 0.75) {
        const text = `${name} says ${count}`;
        const record = entry(journal.commented, text, () => ({ rig: rig.name, id, acknowledged: false }));
        await hand.comment(id, text);
        record.acknowledged = true;
      } else if (deed < 0.9) {
        const text = { text: `${name} notes ${count}`, acknowledged: false };
        entry(journal.notes, id, () => ({ rig: rig.name, texts: [] })).texts.push(text);
        await hand.setNotes(id, text.text);
        text.acknowledged = true;
      } else {
        await hand.close(id);
        journal.closed.set(id, { rig: rig.name });
      }
      journal.counts.acknowledged += 1;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      journal.counts.failed.set(code, (journal.counts.failed.get(code) ?? 0) + 1);
    }
  }
  await hand.end().catch(() => undefined);
}

async function wonUnless(claiming: Promise<unknown>): Promise<boolean> {
  try {
    await claiming;
    return true;
  } catch (error) {
    if (error instanceof Error && /already claimed/i.test(error.message)) return false;
    throw error;
  }
}

/** What one call over several ids could not do is in its result. */
function refuse(result: { failures: readonly Error[] }): void {
  const [first] = result.failures;
  if (first) throw first;
}

function codeIn(stdout: string): string {
  try {
    return String((JSON.parse(stdout) as { code?: string }).code);
  } catch {
    return 'NO_JSON';
  }
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}
