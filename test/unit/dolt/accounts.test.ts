import { expect, test } from 'vitest';
import { parseAccount, scrambled } from '../../../src/dolt/accounts.ts';

test('a password is scrambled as MySQL has it', () => {
  expect(scrambled('admin')).toBe('*4ACFE3202A5FF5CF467898FC58AAB1D615029441');
  expect(scrambled('pässwörd')).toMatch(/^\*[0-9A-F]{40}$/);
});

test.each([
  ['ann', { user: 'ann', host: undefined }],
  ['sync-bot@%', { user: 'sync-bot', host: '%' }],
  ['a.b@192.168.1.5', { user: 'a.b', host: '192.168.1.5' }],
  ['root@::1', { user: 'root', host: '::1' }],
])('%s is an account', (text, account) => {
  expect(parseAccount(text)).toEqual(account);
});

test.each(['', '@', 'a@', '@h', "a'b", 'a b', 'a@h h', 'a`', 'a;b', 'a\\', 'x'.repeat(33), "a@'", 'a@b@c'])(
  '%j is none',
  (text) => {
    expect(() => parseAccount(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  },
);
