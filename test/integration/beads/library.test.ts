import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gatherCreates } from '../../../src/beads/operations/gathered-creates.ts';
import { bdProgram } from '../../../src/bin/bd-program.ts';
import type { Database } from '../../../src/database/types.ts';
import { AppError } from '../../../src/errors.ts';
import { type ExportChunk, initBeads, type OpenBeads, openBeads } from '../../../src/index.ts';
import { type BareServer, startBareServer } from '../../helpers/bare-server.ts';
import { makeWorkspace, type Workspace } from '../../helpers/workspace.ts';

let workspace: Workspace;
let server: BareServer;

beforeAll(async () => {
  workspace = makeWorkspace();
  // The library reads the environment of its process, as a program that uses it would have it.
  process.env['HOME'] = workspace.home;
  server = await startBareServer({ dataDir: join(workspace.home, 'data') });
  for (const [name, args] of [
    ['embedded', []],
    ['server', ['--server', '--server-port', String(server.port)]],
  ] as const) {
    mkdirSync(join(workspace.home, name));
    await workspace.bd(['init', '--prefix', name.slice(0, 2), ...args], { cwd: join(workspace.home, name) });
  }
});

afterAll(async () => {
  await server.stop();
  await workspace.dispose();
});

describe.each(['embedded', 'server'])('openBeads, %s', (mode) => {
  const open = () => openBeads({ dir: join(workspace.home, mode), actor: 'agent-7' });

  test('creates, claims, lists, closes', async () => {
    const beads = await open();
    try {
      expect(beads.context.db.mode).toBe(mode);
      const issue = await beads.create({ title: 'First', labels: ['x'] });
      expect(issue).toMatchObject({ title: 'First', created_by: 'agent-7' });
      await beads.claim(issue.id);
      const { issues } = await beads.list({ filter: { ids: [issue.id] } });
      expect(issues).toMatchObject([{ id: issue.id, status: 'in_progress', assignee: 'agent-7' }]);
      await beads.close([issue.id], { reason: 'Done' });
      await expect(beads.show([issue.id])).resolves.toMatchObject({ issues: [{ status: 'closed' }] });
    } finally {
      await beads.end();
      await beads.end();
    }
  });

  test('creates of many callers share few writes, and each has its own issue or its own error', async () => {
    const beads = await openBeads({ dir: join(workspace.home, mode), actor: 'agent-7', autoCommit: 'on' });
    try {
      const commits = async () => (await beads.log({ limit: 1_000 })).commits;
      const before = await commits();
      const titles = Array.from({ length: 64 }, (_, index) => `One of many ${index}`);
      const created = await Promise.all(titles.map((title) => beads.create({ title })));
      expect(created.map(({ title }) => title)).toEqual(titles);
      expect(new Set(created.map(({ id }) => id)).size).toBe(64);
      const { issues } = await beads.list({ filter: { ids: created.map(({ id }) => id) }, limit: 0 });
      expect(issues.map(({ title }) => title).toSorted()).toEqual(titles.toSorted());
      const made = (await commits()).slice(0, -before.length);
      expect(made.length).toBeLessThan(64 / 5);
      const messages = made.map(({ message }) => message).join(' ');
      for (const { id } of created) expect(messages.split(' ')).toContain(id);

      const settled = await Promise.allSettled([
        beads.create({ title: 'Good' }),
        beads.create({ title: '' }),
        beads.create({ title: 'Orphan', parent: 'nowhere-1' }),
        beads.create(null as never),
        beads.create({ title: 'Good, too' }),
      ]);
      expect(settled.map((each) => (each.status === 'fulfilled' ? each.value.title : each.reason.code))).toEqual([
        ...['Good', 'VALIDATION', 'NOT_FOUND', 'VALIDATION', 'Good, too'],
      ]);
    } finally {
      await beads.end();
    }
    await expect(beads.create({ title: 'Late' })).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('creates that share a write are not written again when it failed after its commit', async () => {
    const beads = await open();
    try {
      const { context } = beads;
      const db: Database = {
        ...context.db,
        async transaction(work, options) {
          await context.db.transaction(work, options);
          throw new AppError('SQL_ERROR', 'after the commit');
        },
      };
      const create = gatherCreates({ ...context, db });
      const titles = Array.from({ length: 5 }, (_, index) => `Once only ${index}`);
      const settled = await Promise.allSettled(titles.map((title) => create({ title })));
      expect(settled.map(({ status }) => status)).toEqual(titles.map(() => 'rejected'));
      const rows = await context.db.query("SELECT title FROM issues WHERE title LIKE 'Once only%'");
      expect(rows.map(({ title }) => title).toSorted()).toEqual(titles);
    } finally {
      await beads.end();
    }
  });

  test('tells a program without types what it cannot mean, and takes one id for a list of one', async () => {
    const beads = await open();
    try {
      const refused: [() => Promise<unknown>, RegExp][] = [
        [() => beads.create(Object.assign({ title: 'T' }, { titel: 'x' })), /a new issue has no field "titel"/],
        [
          () => beads.create(Object.assign({ title: 'T' }, { labels: 'ui' as never })),
          /"labels" of a new issue must be a list/,
        ],
        [() => beads.create('Title' as never), /a new issue is an object of fields/],
        [() => beads.create({} as never), /title required/],
        [() => beads.update(['x'], { add_labels: 'ui' as never }), /"add_labels" of a change must be a list/],
        [() => beads.update(['x'], { prio: 1 } as never), /a change has no field "prio"/],
      ];
      for (const [call, message] of refused) {
        await expect(call()).rejects.toMatchObject({ code: 'VALIDATION', message: expect.stringMatching(message) });
      }
      const { id } = await beads.create({ title: 'One' });
      expect(await beads.close(id as never)).toMatchObject({ closed: [{ id }], failures: [] });
    } finally {
      await beads.end();
    }
  });

  test('several operations are one write, or none', async () => {
    const beads = await open();
    try {
      const before = await beads.count();
      await beads.together(async (inner) => {
        const parent = await inner.create({ title: 'Epic', issue_type: 'epic' });
        await inner.create({ title: 'Child', parent: parent.id });
      });
      expect(await beads.count()).toBe(before + 2);
      const failing = beads.together(async (inner) => {
        await inner.create({ title: 'Never' });
        await inner.close(['nope-1']);
        throw new Error('stop');
      });
      await expect(failing).rejects.toThrow('stop');
      expect(await beads.count()).toBe(before + 2);
    } finally {
      await beads.end();
    }
  });

  test('is used from many places at once', async () => {
    const beads = await open();
    try {
      const created = await Promise.all(Array.from({ length: 12 }, (_, n) => beads.create({ title: `Issue ${n}` })));
      expect(new Set(created.map((issue) => issue.id)).size).toBe(12);
      const [row] = (await beads.sql("SELECT COUNT(*) AS n FROM issues WHERE title LIKE 'Issue %'")).rows ?? [];
      expect(row).toEqual({ n: 12 });
    } finally {
      await beads.end();
    }
  });
});

test('by endpoint and name; readonly refuses writes', async () => {
  const beads = await openBeads({ endpoint: { port: server.port }, database: 'se', readonly: true });
  try {
    expect(await beads.count()).toBeGreaterThan(0);
    await expect(beads.create({ title: 'x' })).rejects.toMatchObject({ code: 'READ_ONLY' });
  } finally {
    await beads.end();
  }
});

/** The method for each command. */
const METHODS: Readonly<Record<string, keyof OpenBeads>> = {
  backup: 'backUp',
  batch: 'batch',
  blocked: 'blocked',
  children: 'show',
  close: 'close',
  comment: 'addComment',
  comments: 'comments',
  'config:get': 'getConfig',
  'config:list': 'listConfig',
  'config:set': 'setConfig',
  'config:set-many': 'setConfig',
  'config:show': 'showConfig',
  'config:unset': 'unsetConfig',
  'config:validate': 'validateConfig',
  context: 'workspace',
  count: 'count',
  create: 'create',
  defer: 'defer',
  delete: 'delete',
  dep: 'addDependencies',
  'dep:add': 'addDependencies',
  'dep:cycles': 'cycles',
  'dep:list': 'dependencies',
  'dep:relate': 'relate',
  'dep:remove': 'removeDependency',
  'dep:tree': 'dependencyTree',
  'dep:unrelate': 'relate',
  diff: 'diff',
  duplicate: 'markDuplicate',
  'dolt:pull': 'pull',
  'dolt:push': 'push',
  'dolt:remote:add': 'addRemote',
  'dolt:remote:list': 'remotes',
  'dolt:remote:remove': 'removeRemote',
  'dolt:commit': 'commit',
  'dolt:set': 'setConfig',
  'dolt:show': 'workspace',
  'dolt:status': 'ping',
  'dolt:test': 'ping',
  edit: 'edit',
  'epic:status': 'epics',
  export: 'export',
  'federation:add-peer': 'addPeer',
  'federation:list-peers': 'peers',
  'federation:remove-peer': 'removePeer',
  'federation:resolve': 'syncPeers',
  'federation:set-credentials': 'setPeerCredentials',
  'federation:status': 'federationStatus',
  'federation:sync': 'syncPeers',
  history: 'history',
  import: 'import',
  info: 'info',
  'label:add': 'addLabel',
  'label:list': 'labels',
  'label:list-all': 'allLabels',
  'label:propagate': 'propagateLabel',
  'label:remove': 'removeLabel',
  lint: 'lint',
  list: 'list',
  ping: 'ping',
  q: 'create',
  ready: 'ready',
  reopen: 'reopen',
  search: 'search',
  show: 'show',
  sql: 'sql',
  stale: 'stale',
  status: 'statistics',
  statuses: 'statuses',
  supersede: 'supersede',
  types: 'types',
  undefer: 'undefer',
  update: 'update',
  'vc:branch': 'branches',
  'vc:commit': 'commit',
  'vc:diff': 'diff',
  'vc:log': 'log',
  'vc:merge': 'merge',
  'vc:status': 'versionStatus',
  where: 'where',
};
/**
 * About the program itself, or done where no database can be open: the package exports functions for
 * `doctor`, `init`, `migrate`, `dolt move` and `restore`.
 */
const WITHOUT_METHOD = [
  'backup:status',
  'bootstrap',
  'completion',
  'doctor',
  'dolt:move',
  'init',
  'migrate',
  'quickstart',
  'restore',
  'version',
];

test('initBeads makes what openBeads opens, and every command has a method', async () => {
  const dir = join(workspace.home, 'made');
  mkdirSync(dir);
  expect(await initBeads({ dir, prefix: 'ma' })).toMatchObject({ created: true, prefix: 'ma' });
  const beads = await openBeads({ dir });
  try {
    const { commands, aliases } = bdProgram(import.meta.dirname);
    const names = Object.keys(commands).filter((id) => !(id in aliases));
    expect(names.sort()).toEqual([...Object.keys(METHODS), ...WITHOUT_METHOD].sort());
    for (const method of Object.values(METHODS)) expect(beads[method]).toBeTypeOf('function');

    const { id } = await beads.create({ title: 'Carried' });
    const chunks: ExportChunk[] = [];
    expect(await beads.export({}, async (chunk) => void chunks.push(chunk))).toEqual({ issues: 1, memories: 0 });
    const open = async function* () {
      yield Buffer.from(
        chunks
          .map(({ text }) => text)
          .join('')
          .replace('Carried', 'Changed'),
      );
    };
    expect(await beads.import({ open, source: 'memory' })).toMatchObject({ created: 0, updated: 1 });
    expect(await beads.show([id])).toMatchObject({ issues: [{ title: 'Changed' }] });

    await beads.setConfig({ 'status.custom': 'review:wip', 'export.auto': 'true' });
    expect(await beads.getConfig('export.auto')).toMatchObject({ value: 'true', location: 'config.yaml' });
    expect(await beads.listConfig()).toMatchObject({ 'status.custom': 'review:wip' });
    expect(await beads.statuses()).toMatchObject({ custom_statuses: [{ name: 'review', category: 'wip' }] });
    await beads.unsetConfig('export.auto');
    expect(await beads.getConfig('export.auto')).toMatchObject({ value: 'false' });
    expect(await beads.validateConfig()).toEqual([]);
    expect(await beads.ping()).toMatchObject({ status: 'ok' });
    expect(await beads.info()).toMatchObject({ issue_count: 1, issue_prefix: 'ma' });
    expect(await beads.where()).toMatchObject({ path: join(dir, '.beads') });
    expect(await beads.workspace()).toMatchObject({ beads_dir: join(dir, '.beads'), dolt_mode: 'embedded' });
  } finally {
    await beads.end();
  }
});

test.each([
  [{ endpoint: { port: 1 } }, 'the name of the database is missing'],
  [
    { endpoint: '127.0.0.1:3307', database: 'beads' },
    'an endpoint is an object: { host, port, user, password, socket, tls }',
  ],
  [{ endpoint: { port: '3307' }, database: 'beads' }, 'endpoint.port must be a number from 1 to 65535'],
])('openBeads(%j) is refused before anything is connected to', async (options, message) => {
  await expect(openBeads(options as never)).rejects.toMatchObject({ code: 'VALIDATION', message });
});
