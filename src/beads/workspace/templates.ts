/** The files that `bd init` writes into `.beads`, beside `metadata.json`. */

/** What of `.beads` stays out of git; the names are the Go `bd`'s, with ours added. */
export const GITIGNORE = `# Databases and what belongs to this clone only. metadata.json and config.yaml are for everybody.
dolt/
embeddeddolt/
config.local.yaml
bd.sock
bd.sock.startlock
sync-state.json
last-touched
.exclusive-lock
daemon.*
interactions.jsonl
push-state.json
*.lock
.beads-credential-key
.local_version
redirect
.sync.lock
export-state/
export-state.json
ephemeral.sqlite3*
dolt-server.pid
dolt-server.log
dolt-server.lock
dolt-server.port
dolt-server.activity
*.corrupt.backup/
backup/
.env
*.db
*.db?*
*.db-journal
*.db-wal
*.db-shm
db.sqlite
bd.db
`;

/** Lines for the `.gitignore` of the project. */
export const PROJECT_GITIGNORE = ['.dolt/', '*.db', '.beads-credential-key'];

export const CONFIG = `# Settings of bd for this project: \`bd config show\` lists them all with their sources,
# \`bd config set KEY VALUE\` edits this file and keeps its comments.
# A setting may stand nested, as here, or in one line: dolt.mode: server

# Where the issues are. This overrides metadata.json, which \`bd init\` wrote.
# dolt:
#   mode: server          # embedded | server
#   host: 127.0.0.1
#   port: 3307
#   user: root            # the password comes from BEADS_DOLT_PASSWORD
#   auto-commit: on       # a Dolt commit for each write: on | off | batch
#                         # (default: on when embedded, off on a server)

# Who acts, when neither --actor nor BEADS_ACTOR says so (default: git's user.name).
# actor: ann

# Never write issues.jsonl behind one's back: \`bd export\` does it when asked.
export.auto: false
`;

export const README = `# Beads

The issues of this project live here, in a Dolt database: every change has a history.

    bd ready              what can be worked on now
    bd create "Title"     a new issue
    bd show ID            one issue
    bd update ID --claim  take it
    bd close ID           done

\`metadata.json\` says which database belongs to this project, \`config.yaml\` holds its settings; both
belong in git. The database itself does not: \`bd vc\` and \`bd dolt push\` move its history.
`;

export const AGENTS_BEGIN = '<!-- BEGIN BEADS -->';
export const AGENTS_END = '<!-- END BEADS -->';

export const AGENTS = `${AGENTS_BEGIN}
## Issues

This project keeps its issues with \`bd\`. Use it in place of to-do lists in files.

- \`bd ready --json\`: work that nothing blocks
- \`bd update ID --claim\`: take an issue before working on it
- \`bd create "Title" -d "Why" --deps discovered-from:ID\`: file what you find on the way
- \`bd close ID --reason "What was done"\`: when it is finished
${AGENTS_END}
`;
