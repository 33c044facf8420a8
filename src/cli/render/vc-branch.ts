import type { Branch, BranchList } from '../../beads/history/branches.ts';
import { shortHash } from '../../beads/history/revision.ts';
import type { Paint } from '../style.ts';
import { oneLine } from './marks.ts';

/** What `bd vc branch --json` prints: the names as the Go `bd` has them, and more about each. */
export interface BranchesDocument {
  branches: string[];
  current: string;
  details: Branch[];
}

export function branchesDocument({ branches, current }: BranchList): BranchesDocument {
  return { branches: branches.map(({ name }) => name), current, details: [...branches] };
}

export function renderBranches({ details, current }: BranchesDocument, paint: Paint): string {
  const width = Math.max(...details.map(({ name }) => name.length));
  const lines = details.map(({ name, hash, message }) => {
    const mark = name === current ? '*' : ' ';
    return `  ${mark} ${name.padEnd(width)}  ${paint('dim', `${shortHash(hash)} ${oneLine(message)}`)}`;
  });
  return ['🌿 Branches:', ...lines].join('\n');
}
