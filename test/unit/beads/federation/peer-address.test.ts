import { expect, test } from 'vitest';
import { isOpenToListeners, peerUrl } from '../../../../src/beads/federation/peer-address.ts';

test.each([
  ['192.168.1.100:8080/beads', 'http://192.168.1.100:8080/beads'],
  ['host:8080/beads', 'http://host:8080/beads'],
  ['[::1]:8080/beads', 'http://[::1]:8080/beads'],
  ['http://host/beads', 'http://host/beads'],
  ['https://host:8443/beads', 'https://host:8443/beads'],
  ['file:///srv/beads', 'file:///srv/beads'],
  ['org/repo', 'https://doltremoteapi.dolthub.com/org/repo'],
  ['git+ssh://git@host/org/repo.git', 'git+ssh://git@host/org/repo.git'],
])('%s is %s', (typed, url) => {
  expect(peerUrl(typed)).toBe(url);
});

test.each([
  '',
  'host',
  'host:8080',
  'host:8080/',
  '/srv/beads',
  '../beads',
  '--x',
  'http://u:p@host/b',
  'http://u@host/b',
  "a'b/c",
  'ftp://h/b',
])('%j is refused', (typed) => {
  expect(() => peerUrl(typed)).toThrow(expect.objectContaining({ code: 'VALIDATION' }));
});

test.each(['https://u:s3cr3t-x@host/b', 'ftp://u:s3cr3t-x@host/b'])(
  'a refusal of %s does not repeat the password',
  (address) => {
    expect(() => peerUrl(address)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('s3cr3t') }));
  },
);

test('plain http is open to listeners, but on this machine', () => {
  const urls = ['http://127.0.0.1:1/b', 'http://localhost:1/b', 'http://[::1]:1/b', 'https://host/b', 'http://host/b'];
  expect(urls.map(isOpenToListeners)).toEqual([false, false, false, false, true]);
});
