import { BdCommand } from '../../src/cli/bd-command.ts';

const TEXT = `bd keeps issues (beads) in a Dolt database: SQL with branches, diffs and a history.

START
  bd init                             one user at a time, no server
  gt dolt start && bd init --server   many agents at once

ISSUES
  bd create "Fix the login" -t bug -p 1
  bd create "Write tests" --deps blocks:ID
  bd list                             what is there
  bd show ID                          one of them
  bd search login

WORK
  bd ready                            what nothing blocks
  bd update ID --claim                take it: one winner among any number
  bd close ID --reason "Fixed in 1.2"
  bd blocked                          what waits, and for what

DEPENDENCIES
  bd dep add ID OTHER                 ID waits for OTHER
  bd dep tree ID

HISTORY
  bd vc log
  bd vc diff HEAD~1 HEAD
  bd vc commit -m "Before the refactoring"

FOR AGENTS
  every command takes --json: one document on stdout, errors too; exit code 0 or not
  BEADS_ACTOR=name says who acts

More: bd --help, bd COMMAND --help`;

export default class Quickstart extends BdCommand {
  static override summary = 'Show how to begin';

  async run() {
    await this.parse(Quickstart);
    return this.show({ text: TEXT }, ({ text }) => text);
  }
}
