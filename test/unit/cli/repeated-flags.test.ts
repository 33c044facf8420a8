import { expect, test } from 'vitest';
import { bdProgram } from '../../../src/bin/bd-program.ts';
import { gtProgram } from '../../../src/bin/gt-program.ts';

const HERE = `${import.meta.dirname}/../../../src/bin`;

test.each([bdProgram(HERE), gtProgram(HERE)])('no flag of $name takes more words than one value', async (program) => {
  const greedy: string[] = [];
  let repeated = 0;
  for (const [id, load] of Object.entries(program.commands)) {
    const { default: command } = await load();
    for (const [name, flag] of Object.entries({ ...command.baseFlags, ...command.flags })) {
      if (flag.type !== 'option' || !flag.multiple) continue;
      repeated += 1;
      if (!flag.multipleNonGreedy) greedy.push(`${id} --${name}`);
    }
  }
  expect(repeated).toBeGreaterThan(0);
  expect(greedy).toEqual([]);
});
