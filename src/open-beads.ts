import { type OpenBeads, withMethods } from './beads/methods.ts';
import type { Endpoint } from './beads/workspace/endpoint.ts';
import { type AutoCommit, openDirectory, openEndpoint } from './beads/workspace/open.ts';
import { AppError } from './errors.ts';

export interface OpenBeadsCommon {
  /** Who acts; default BEADS_ACTOR, BD_ACTOR, git's user.name, $USER. */
  actor?: string;
  /** When writes make Dolt commits; default `dolt.auto-commit`, else on when embedded, off on a server. */
  autoCommit?: AutoCommit;
  /** Refuse every write. */
  readonly?: boolean;
  /** Is told what is odd but no error, such as permissions; default: nobody. */
  onWarning?: (text: string) => void;
}

export interface OpenBeadsDirectory extends OpenBeadsCommon {
  /** Directory to look for `.beads` from, upward; default the working directory. */
  dir?: string;
  /** In place of what is found: a `.beads` directory, the directory of a database, or a database's name. */
  db?: string;
}

export interface OpenBeadsEndpoint extends OpenBeadsCommon {
  /** Where the server is. Absent parts: 127.0.0.1, 3307, root, no password, no TLS. */
  endpoint: Partial<Endpoint>;
  /** Name of the database there. */
  database: string;
}

/**
 * Opens the issues of a directory, or of a database whose server is known. Mode, endpoint and
 * identity are found and checked as by `bd`. Safe to use from many places at once; to be ended.
 *
 * @throws AppError NOT_INITIALIZED, SERVER_UNREACHABLE, ACCESS_DENIED, DATABASE_UNKNOWN,
 *   IDENTITY_MISMATCH, SCHEMA_UNSUPPORTED, CONFIG_INVALID, DOLT_NOT_FOUND
 * @example
 * const beads = await openBeads({ dir: '/home/ann/project', actor: 'agent-7' });
 * try {
 *   const issue = await beads.create({ title: 'Fix the login', issue_type: 'bug' });
 *   await beads.claim(issue.id);
 * } finally {
 *   await beads.end();
 * }
 */
export async function openBeads(options: OpenBeadsDirectory | OpenBeadsEndpoint = {}): Promise<OpenBeads> {
  const { actor, autoCommit, readonly, onWarning } = options;
  const common = {
    ...{ actor, autoCommit, readonly, onWarning },
    env: process.env,
    purpose: 'openBeads',
    findDolt: async () => (await import('./find-dolt.ts')).findDoltPath(process.env),
  };
  if ('endpoint' in options) {
    requireEndpoint(options);
    const endpoint = { host: '127.0.0.1', port: 3307, user: 'root', tls: false, ...options.endpoint };
    const { database } = options;
    return withMethods(await openEndpoint({ ...common, dir: process.cwd(), endpoint, database }));
  }
  return withMethods(await openDirectory({ ...common, dir: options.dir ?? process.cwd(), db: options.db }));
}

/** Before anything is connected to, for programs without types. @throws AppError VALIDATION */
function requireEndpoint({ endpoint, database }: { endpoint: unknown; database?: unknown }): void {
  if (typeof endpoint !== 'object' || endpoint === null || Array.isArray(endpoint)) {
    throw new AppError('VALIDATION', 'an endpoint is an object: { host, port, user, password, socket, tls }');
  }
  const { host, port } = { host: undefined, port: undefined, ...endpoint };
  if (host !== undefined && typeof host !== 'string') throw new AppError('VALIDATION', 'endpoint.host must be a text');
  if (port !== undefined && !(Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536)) {
    throw new AppError('VALIDATION', 'endpoint.port must be a number from 1 to 65535');
  }
  if (typeof database === 'string' && database !== '') return;
  throw new AppError('VALIDATION', 'the name of the database is missing', {
    hint: "openBeads({ endpoint, database: 'beads' })",
  });
}
