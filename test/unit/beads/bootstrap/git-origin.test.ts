import { expect, test } from 'vitest';
import { doltAddress } from '../../../../src/beads/bootstrap/git-origin.ts';

test.each([
  ['https://example.org/ann/app.git', 'git+https://example.org/ann/app.git'],
  ['ssh://git@example.org:2222/ann/app', 'git+ssh://git@example.org:2222/ann/app'],
  ['git@example.org:ann/app.git', 'git+ssh://git@example.org/./ann/app.git'],
  ['example.org:/srv/app.git', 'git+ssh://example.org/srv/app.git'],
  ['/srv/app.git', 'git+file:///srv/app.git'],
  ['../app.git', 'git+file:///home/app.git'],
  ['file:///srv/app.git', 'git+file:///srv/app.git'],
  ['git+ssh://git@example.org/app', 'git+ssh://git@example.org/app'],
])('git’s %s is Dolt’s %s', (git, dolt) => {
  expect(doltAddress(git, '/home/ann')).toBe(dolt);
});
