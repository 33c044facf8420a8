import type { EpicStatus } from '../../beads/query/epics.ts';
import type { Paint } from '../style.ts';
import { issueLine } from './marks.ts';

export function renderEpics(epics: readonly EpicStatus[], paint: Paint): string {
  if (epics.length === 0) return 'No open epics found';
  return epics
    .map((status) => {
      const { total_children: total, closed_children: closed } = status;
      const percent = total === 0 ? 0 : Math.floor((100 * closed) / total);
      return [
        issueLine(status.epic, paint),
        `   Progress: ${closed}/${total} children closed (${percent}%)`,
        ...(status.eligible_for_close ? [paint('green', '   Eligible for closure')] : []),
      ].join('\n');
    })
    .join('\n\n');
}
