import { expect, test } from 'vitest';
import { isEmptyRemote, remoteError } from '../../../src/database/remote-error.ts';
import { shownUrl, userArguments } from '../../../src/database/remote-url.ts';

// What Dolt 1.86.4 says, on stderr of its commands and as SQL errors.
const UNAUTHENTICATED =
  "failed to get remote db; the remote: origin 'http://h:1/d' could not be accessed; could not access dolt url 'http://h:1/d': rpc error: code = Unauthenticated desc = API Authentication Failure: Access denied for user 'sync' (errno 1045) (sqlstate 28000)";
const NO_REPOSITORY =
  "error: failed to get remote db cause: fatal: '/x.git' does not appear to be a git repository fatal: Could not read from remote repository. hint: dolt does not support interactive credential prompts hint: configure git credentials";

test.each([
  [UNAUTHENTICATED, 'ACCESS_DENIED'],
  ['error: must set DOLT_REMOTE_PASSWORD environment variable to use --user param', 'ACCESS_DENIED'],
  ['cause: git@h: Permission denied (publickey). fatal: Could not read', 'ACCESS_DENIED'],
  [NO_REPOSITORY, 'REMOTE_UNREACHABLE'],
  ['rpc error: code = Unavailable desc = connection refused', 'REMOTE_UNREACHABLE'],
  ['write /x: no space left on device', 'DISK_FULL'],
])('%s is %s', (said, code) => {
  expect(remoteError('clone', 'http://h:1/d', said).code).toBe(code);
});

test.each([
  'connection error: desc = "error reading server preface: EOF"',
  'connection error: desc = "error reading server preface: read tcp 127.0.0.1:6->127.0.0.1:3: read: connection reset by peer"',
])('%s: who answers speaks TLS', (said) => {
  expect(remoteError('clone', 'http://h:1/d', said).hint).toContain('add it again as https://');
});

test('the reason is told without what Dolt puts around it', () => {
  expect(remoteError('clone', 'git+file:///x.git', NO_REPOSITORY).message).toBe(
    "cannot clone git+file:///x.git: fatal: '/x.git' does not appear to be a git repository fatal: Could not read from remote repository.",
  );
});

test('a remote without data is told from one that does not answer', () => {
  expect(isEmptyRemote('clone failed; remote at that url contains no Dolt data')).toBe(true);
  expect(isEmptyRemote('git remote has no branches: cannot push to "file:///x"')).toBe(true);
  expect(isEmptyRemote('rpc error: code = Unavailable')).toBe(false);
});

test('no password of an address is shown', () => {
  expect(shownUrl('http://ann:sesame@h:80/d')).toBe('http://ann:…@h:80/d');
  expect(remoteError('clone', 'http://ann:sesame@h/d', 'at http://ann:sesame@h/d: no').message).not.toContain('sesame');
  expect(shownUrl('git+ssh://git@h/./a.git')).toBe('git+ssh://git@h/./a.git');
});

test('only a remotesapi gets a user', () => {
  const env = { DOLT_REMOTE_USER: 'sync' };
  expect(userArguments('https://h:8080/d', env)).toEqual(['--user', 'sync']);
  for (const url of ['file:///x', 'git+https://h/a.git', 'https://h/a.git', 'git@h:a.git']) {
    expect(userArguments(url, env)).toEqual([]);
  }
  expect(userArguments('https://h:8080/d', {})).toEqual([]);
});
