import type { Comment } from '../../beads/issue.ts';
import type { Paint } from '../style.ts';
import { oneLine, printable } from './marks.ts';
import { minuteOf } from './times.ts';

export function renderComments(id: string, comments: readonly Comment[], local: boolean, paint: Paint): string {
  if (comments.length === 0) return `No comments on ${id}`;
  const told = comments.map((comment) => {
    const head = `[${paint('bold', oneLine(comment.author))}] at ${minuteOf(comment.created_at, local)}`;
    return `${head}\n${indented(comment.text)}`;
  });
  return [`Comments on ${id}:`, ...told].join('\n\n');
}

function indented(text: string): string {
  return printable(text)
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`.trimEnd())
    .join('\n');
}
