import { Args, Flags } from '@oclif/core';
import type { Comment } from '../../src/beads/issue.ts';
import { commentsOf } from '../../src/beads/query/comment-list.ts';
import { BdCommand } from '../../src/cli/bd-command.ts';
import { renderComments } from '../../src/cli/render/comments.ts';

export default class Comments extends BdCommand {
  static override summary = 'List the comments on an issue';
  static override args = { id: Args.string({ description: 'id of an issue', required: true }) };
  static override flags = {
    'local-time': Flags.boolean({ summary: 'times in the local zone' }),
  };

  async run(): Promise<Comment[]> {
    const { args, flags } = await this.parse(Comments);
    const { id, comments } = await commentsOf(await this.open(flags, { write: false }), args.id);
    return this.show(comments, (shown, paint) => renderComments(id, shown, flags['local-time'], paint));
  }
}
