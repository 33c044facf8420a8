import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assertRigName, isRigName, nearestRigName } from '../../../src/town/rig-name.ts';

describe('rig names', () => {
  test.each([
    ['my-project', 'my_project'],
    ['My Project!', 'my_project'],
    ['Gästown', 'gastown'],
    ['7up', 'rig_7up'],
    ['../etc', 'etc'],
    ['__x', 'x'],
    ['日本', 'rig'],
    ['', 'rig'],
    ['mysql', 'rig_mysql'],
    ['information_schema', 'rig_information_schema'],
  ])('"%s" is refused, and "%s" is proposed', (typed, proposed) => {
    expect(nearestRigName(typed)).toBe(proposed);
    expect(() => assertRigName(typed)).toThrow(expect.objectContaining({ code: 'RIG_NAME_INVALID' }));
  });

  test('what is proposed is always a name, and a name is its own proposal', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (typed) => isRigName(nearestRigName(typed))));
    const names = fc.stringMatching(/^[a-z][a-z0-9]{0,62}$/).filter((name) => name !== 'mysql');
    fc.assert(fc.property(names, isRigName));
    fc.assert(fc.property(names, (name) => nearestRigName(name) === name));
  });
});
