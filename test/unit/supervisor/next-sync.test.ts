import { expect, test } from 'vitest';
import { nextSync, type SyncOutcome, type SyncRecord } from '../../../src/supervisor/sync/sync-record.ts';

const NOW = Date.parse('2026-01-31T12:00:00Z');
const EVERY = 300_000;

function ended(time: string, outcome: SyncOutcome = 'in-sync'): SyncRecord {
  return { running: null, last: { startedAt: time, endedAt: time, outcome, detail: null } };
}

test.each([
  ['none yet: at once', { running: null, last: null }, 0],
  ['a minute ago: in four', ended('2026-01-31T11:59:00Z'), 240_000],
  ['a failure waits as long', ended('2026-01-31T11:59:00Z', 'failed'), 240_000],
  ['days ago, with many that were missed: once, at once', ended('2026-01-28T12:00:00Z'), 0],
  ['one that was interrupted is made up for', ended('2026-01-31T11:59:59Z', 'interrupted'), 0],
  ['in the future, since the clock was set back: at once', ended('2026-02-28T12:00:00Z'), 0],
] as const)('the last sync: %s', (_, record, inMs) => {
  expect(nextSync(record, EVERY, NOW) - NOW).toBe(inMs);
});
