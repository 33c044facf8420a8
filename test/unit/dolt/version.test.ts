import { expect, test } from 'vitest';
import {
  DOLT_FLOOR,
  PINNED_DOLT_VERSION,
  parseVersion,
  parseVersionOutput,
  refusalOf,
} from '../../../src/dolt/version.ts';

test.each([
  ['dolt version 1.86.4\n', '1.86.4'],
  ['dolt version 1.86.4\nWarning: you are on an old version of Dolt. The newest version is 2.1.0.\n', '1.86.4'],
  ['dolt version 2.1.0-rc1', '2.1.0-rc1'],
  ['dolt version 1.86.4\r\n', '1.86.4'],
])('reads %j', (output, text) => {
  expect(parseVersionOutput(output)?.text).toBe(text);
});

test.each(['', 'git version 2.43.0', 'dolt version 1.86', 'dolt version unknown', 'xdolt version 1.86.4'])(
  'does not take %j for the output of Dolt',
  (output) => {
    expect(parseVersionOutput(output)).toBeUndefined();
  },
);

test.each([
  ['1.86.4', { major: 1, minor: 86, patch: 4, text: '1.86.4' }],
  ['v2.1.0', { major: 2, minor: 1, patch: 0, text: '2.1.0' }],
])('reads %s as people type it', (typed, version) => {
  expect(parseVersion(typed)).toEqual(version);
});

test.each(['latest', '1.86', '1.86.4.1', '../1.86.4', ''])('%j is no version', (typed) => {
  expect(parseVersion(typed)).toBeUndefined();
});

test.each([
  ['0.99.99', /older than 1\.86\.0/],
  ['1.9.0', /older than 1\.86\.0/],
  ['1.85.9', /older than 1\.86\.0/],
  [DOLT_FLOOR, undefined],
  [PINNED_DOLT_VERSION, undefined],
  ['1.100.0', undefined],
  ['2.0.0-rc1', /lose data/],
  ['2.0.0', /lose data/],
  ['2.0.8', /lose data/],
  ['2.0.9', undefined],
  ['2.0.10', undefined],
  ['2.1.0', undefined],
  ['10.0.0', undefined],
])('%s: refused for %s', (text, reason) => {
  const version = parseVersion(text);
  if (!version) throw new Error(`not read: ${text}`);
  const refusal = refusalOf(version);
  if (reason) expect(refusal).toMatch(reason);
  else expect(refusal).toBeUndefined();
});
