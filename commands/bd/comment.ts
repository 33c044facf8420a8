import { Args, Flags } from '@oclif/core';
import { addComment } from '../../src/beads/operations/comments.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { readBody } from '../../src/cli/text-input.ts';

export default class Comment extends BdCommand {
  static override summary = 'Comment on an issue';
  static override examples = [
    '<%= config.bin %> comment hm-a3f "Seen again today"',
    '<%= config.bin %> comment hm-a3f --stdin < log.txt',
  ];
  static override strict = false;
  static override args = { id: Args.string({ description: 'id of the issue, then the text', required: true }) };
  static override flags = {
    author: Flags.string({ char: 'a', summary: 'who says it (default: the actor)' }),
    file: Flags.string({ char: 'f', summary: 'file with the text (- is standard input)', helpValue: 'FILE' }),
    stdin: Flags.boolean({ summary: 'the text comes from standard input' }),
  };

  async run() {
    const { argv, flags } = await this.parse(Comment);
    const [id = '', ...words] = argv.map(String);
    const typed = words.length === 0 ? undefined : words.join(' ');
    const text = await readBody('the text', { text: typed, file: flags.file, stdin: flags.stdin });
    const beads = await this.open(flags, { write: true });
    const comment = await addComment(beads, id, text ?? '', { author: flags.author });
    return this.show(comment, ({ issue_id }) => (flags.quiet ? '' : `Comment added to ${issue_id}`));
  }
}
