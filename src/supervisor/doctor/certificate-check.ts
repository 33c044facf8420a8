import { statSync } from 'node:fs';
import { certificateEnd } from '../../dolt/certificate.ts';
import { messageOf } from '../../errors.ts';
import { counted, fine, listed } from '../../util/diagnosis.ts';
import type { TownCheck } from './subject.ts';

const SOON_DAYS = 30;
const DAY_MS = 86_400_000;

/** Not by a group: operators keep such keys for one, as `ssl-cert`. */
function isOpenToOthers(path: string): boolean {
  return ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o007) !== 0;
}

/** How long the certificates of gt.yaml are good: those of servers, and of the authorities that signed them. */
export const certificates: TownCheck = {
  name: 'Certificates',
  category: 'Rigs',
  async examine({ config }) {
    const problems: { rig: string; words: string; expired: boolean }[] = [];
    const rigs = config.rigs.filter(({ tls }) => tls !== undefined);
    const seen = new Set<string>();
    for (const { name: rig, tls } of rigs) {
      for (const path of [tls?.cert, tls?.ca]) {
        // The authority of a town is that of all its rigs.
        if (path === undefined || seen.has(path)) continue;
        seen.add(path);
        try {
          const left = (await certificateEnd(path)) - Date.now();
          const days = Math.floor(left / DAY_MS);
          if (left <= 0) problems.push({ rig, words: `${path} has expired`, expired: true });
          else if (days < SOON_DAYS)
            problems.push({ rig, words: `${path} expires in ${counted(days, 'day')}`, expired: false });
        } catch (error) {
          problems.push({ rig, words: `cannot use ${path}: ${messageOf(error)}`, expired: true });
        }
      }
    }
    const open = rigs.flatMap(({ tls }) => (tls && isOpenToOthers(tls.key) ? [tls.key] : []));
    if (open.length > 0 && problems.length === 0) {
      return {
        status: 'warning',
        message: 'other users of this machine may read the key of a certificate',
        detail: listed(open),
        fix: `chmod 600 ${open.join(' ')}`,
      };
    }
    if (problems.length === 0) return fine(`${counted(seen.size, 'certificate')}, good for ${SOON_DAYS} days and more`);
    const expired = problems.some((problem) => problem.expired);
    const rig = problems[0]?.rig ?? '';
    return {
      status: expired ? 'error' : 'warning',
      message: expired ? 'certificates that cannot be used' : 'certificates that expire soon',
      detail: listed(problems.map(({ rig: of, words }) => `${of}: ${words}`)),
      fix: `gt dolt cert ${rig} && gt dolt restart ${rig}   makes a new one and takes it; where the authority is the one that expires, peers need the new ca.pem`,
    };
  },
};
