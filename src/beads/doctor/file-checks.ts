import { statSync } from 'node:fs';
import { chmod, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../../util/atomic-write.ts';
import { counted, fine, listed, shellWord } from '../../util/diagnosis.ts';
import { completeGitignore } from '../workspace/init-files.ts';
import { notMigrated } from '../workspace/not-migrated.ts';
import { GITIGNORE } from '../workspace/templates.ts';
import { validateConfig } from '../workspace/validate-config.ts';
import type { WorkspaceCheck, WorkspaceFinding } from './subject.ts';

const SECRETS = ['.beads-credential-key', '.env', 'config.local.yaml'];
const BACKUP = /\.backup-.*\.db$/;
/** In `.beads/backup`: what a move, a restore or a repair put aside. */
const KEPT = /(^doctor|\.(on-server-)?before-(move|restore))-\d{8}-\d{6}(-\d+)?$/;
const KEPT_DAYS = 7;
const DAY_MS = 86_400_000;

const permissions: WorkspaceCheck = {
  name: 'Permissions',
  category: 'Files',
  async examine({ beadsDir }) {
    const wrong = [
      { path: beadsDir, mode: 0o700 },
      ...SECRETS.map((name) => ({ path: join(beadsDir, name), mode: 0o600 })),
    ].filter(({ path }) => ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0);
    if (wrong.length === 0 || process.platform === 'win32') return fine('nobody else can read .beads');
    return {
      status: 'warning',
      message: 'other users can read what is in .beads',
      detail: listed(wrong.map(({ path }) => path)),
      fix: wrong.map(({ path, mode }) => `chmod ${mode.toString(8)} ${shellWord(path)}`).join(' && '),
      mend: {
        changes: 'files',
        async run() {
          for (const { path, mode } of wrong) {
            await chmod(path, mode).catch((error: unknown) => {
              throw fileError(error, `cannot change the permissions of ${path}`);
            });
          }
          return `closed to others: ${wrong.map(({ path }) => path).join(', ')}`;
        },
      },
    };
  },
};

const gitignore: WorkspaceCheck = {
  name: 'Gitignore',
  category: 'Files',
  async examine({ beadsDir }) {
    const text = await readFile(join(beadsDir, '.gitignore'), 'utf8').catch(() => '');
    const present = text.split(/\r?\n/).map((line) => line.trim());
    const missing = GITIGNORE.split('\n').filter(
      (line) => line !== '' && !line.startsWith('#') && !present.includes(line),
    );
    if (missing.length === 0) return fine('the database and local files stay out of git');
    return {
      status: 'warning',
      message: `.beads/.gitignore lacks ${counted(missing.length, 'pattern')}: git would take local files`,
      detail: listed(missing),
      fix: 'bd doctor --fix',
      mend: {
        changes: 'files',
        run: async () => `added ${counted(missing.length, 'pattern')} to ${await completeGitignore(beadsDir)}`,
      },
    };
  },
};

const configuration: WorkspaceCheck = {
  name: 'Configuration',
  category: 'Files',
  async examine({ location }) {
    const problems = validateConfig(location.settings);
    if (problems.length === 0) return fine('config.yaml and metadata.json agree');
    return {
      status: problems.some(({ severity }) => severity === 'error') ? 'error' : 'warning',
      message: counted(problems.length, 'setting needs a look', 'settings need a look'),
      detail: listed(problems.map(({ key, message, location: at }) => `${key} ${message} (${at})`)),
      fix: 'bd config validate',
    };
  },
};

const metadata: WorkspaceCheck = {
  name: 'Metadata',
  category: 'Files',
  async examine({ location, beadsDir }) {
    const found = location.settings.metadata;
    const missing: WorkspaceFinding = {
      status: 'warning',
      message: found ? 'metadata.json names no project' : `${join(beadsDir, 'metadata.json')} is not there`,
      fix: notMigrated(location)
        ? 'bd migrate --to-dolt   completes it'
        : 'git checkout -- .beads/metadata.json, or: bd init   completes it',
    };
    return found?.project_id ? fine(`project ${found.project_id}`) : missing;
  },
};

const sqlite: WorkspaceCheck = {
  name: 'SQLite',
  category: 'Files',
  async examine({ location }) {
    const file = notMigrated(location);
    if (file === undefined) return fine('no issues that did not go over to Dolt');
    return {
      status: 'error',
      message: `the issues are still in ${file}`,
      fix: 'bd migrate --to-dolt',
    };
  },
};

const backups: WorkspaceCheck = {
  name: 'Backups',
  category: 'Files',
  async examine({ beadsDir }) {
    const files = (await readdir(beadsDir)).filter((name) => BACKUP.test(name));
    const kept = (await readdir(join(beadsDir, 'backup')).catch(() => [])).filter((name) => KEPT.test(name));
    const names = [...files, ...kept.map((name) => join('backup', name))];
    if (names.length === 0) return fine('no backups of a migration, and no databases that were replaced');
    const dated = await Promise.all(
      names.map(async (name) => ({ name, age: Date.now() - (await stat(join(beadsDir, name))).mtimeMs })),
    );
    const old = dated.filter(({ age }) => age >= KEPT_DAYS * DAY_MS);
    if (old.length === 0) return fine(`${counted(names.length, 'backup')}, of less than a week ago`);
    const days = Math.floor(Math.max(...old.map(({ age }) => age)) / DAY_MS);
    const directories = old.filter(({ name }) => name.startsWith('backup')).map(({ name }) => join('.beads', name));
    const commands = [
      ...(directories.length < old.length ? ['rm .beads/*.backup-*.db'] : []),
      ...(directories.length > 0 ? [`rm -r ${directories.join(' ')}`] : []),
    ];
    return {
      status: 'warning',
      message: `${counted(old.length, 'backup')} of migrations, moves, restores or repairs, the oldest of ${days} days ago`,
      detail: listed(old.map(({ name }) => name)),
      fix: `when \`bd list\` and \`bd doctor\` are fine: ${commands.join(' && ')}`,
    };
  },
};

/** What can be told of a workspace without opening its database. */
export const FILE_CHECKS: readonly WorkspaceCheck[] = [
  permissions,
  gitignore,
  configuration,
  metadata,
  sqlite,
  backups,
];
