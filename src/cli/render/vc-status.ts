import { shortHash } from '../../beads/history/revision.ts';
import type { VersionStatus } from '../../beads/history/status.ts';
import type { Paint } from '../style.ts';
import { oneLine } from './marks.ts';
import { changeHead, tableSummary } from './vc-diff.ts';

const SHOWN = 20;

export function renderVersionStatus(status: VersionStatus, paint: Paint): string {
  const { issues, tables } = status;
  const listed = issues.slice(0, SHOWN).map(({ id, title, change, changed }) => {
    const what = changed.length === 0 ? '' : paint('dim', ` (${changed.join(', ')})`);
    return `    ${changeHead(change, `${paint('bold', id)} ${oneLine(title)}${what}`, paint)}`;
  });
  return [
    '📊 Version Control Status',
    `  Branch: ${status.branch}`,
    `  Commit: ${shortHash(status.commit)}`,
    ...(status.merging === undefined
      ? []
      : [paint('yellow', `  A merge of ${status.merging} was begun and not ended`)]),
    ...(status.clean
      ? ['  Nothing to commit']
      : [
          '',
          '  Uncommitted changes (bd vc commit -m "…"):',
          ...listed,
          ...(issues.length > SHOWN ? [`    … and ${issues.length - SHOWN} more issues (bd vc diff)`] : []),
          paint('dim', `    Tables: ${tableSummary(tables)}`),
        ]),
  ].join('\n');
}
