import { readFile } from 'node:fs/promises';
import { AppError, messageOf } from '../../errors.ts';
import { fileError } from '../../util/atomic-write.ts';

/** What a standby needs to know of its cluster: a file for its operator, with secrets in it. */
export interface StandbyBundle {
  readonly schema_version: 1;
  readonly rig: string;
  /** Where the other servers reach it. */
  readonly host: string;
  readonly port: number;
  /** The other servers of the cluster. */
  readonly peers: readonly string[];
  readonly ack_timeout_seconds: number;
  /** PEM texts. */
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** Of root@localhost: Dolt replicates accounts too. */
  readonly root_password: string;
}

const TEXTS = ['rig', 'host', 'cert', 'key', 'ca', 'root_password'] as const;

/** @throws AppError VALIDATION, IO_ERROR */
export async function readBundle(path: string): Promise<StandbyBundle> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(error, `cannot read ${path}`);
  });
  const wrong = (why: string) =>
    new AppError('VALIDATION', `${path} is not a file of gt dolt standby add: ${why}`, {
      hint: 'copy the file that the primary made, as it is',
    });
  let value: Partial<StandbyBundle>;
  try {
    value = JSON.parse(text) as Partial<StandbyBundle>;
  } catch (error) {
    throw wrong(messageOf(error));
  }
  const missing = TEXTS.find((name) => typeof value[name] !== 'string' || value[name] === '');
  if (missing) throw wrong(`it has no ${missing}`);
  if (typeof value.port !== 'number' || !Array.isArray(value.peers)) throw wrong('it has no port or peers');
  // All of it was looked at.
  return { ack_timeout_seconds: 10, ...value } as StandbyBundle;
}
