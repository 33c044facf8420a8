import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import type { RigConfig, TownConfig } from '../../../src/town/config.ts';
import { readTownConfig } from '../../../src/town/config.ts';
import { allocatePort } from '../../../src/town/ports.ts';

async function configured(...rigs: Partial<RigConfig>[]): Promise<TownConfig> {
  const none = { name: 'x', host: '127.0.0.1', port: undefined, remotesapiPort: undefined };
  return { ...(await readTownConfig('/nonexistent/gt.yaml')), rigs: rigs.map((rig) => ({ ...none, ...rig })) };
}

test('HQ has 3307, or what GT_DOLT_PORT says', async () => {
  expect(await allocatePort('beads', await configured(), {})).toBe(3307);
  expect(await allocatePort('beads', await configured(), { GT_DOLT_PORT: '4000' })).toBe(4000);
  for (const port of ['0', '70000', 'x', '1.5']) {
    await expect(allocatePort('beads', await configured(), { GT_DOLT_PORT: port })).rejects.toMatchObject({
      code: 'USAGE',
    });
  }
});

test('another rig gets the first from 3308 that is free and that no other rig has, running or stopped', async () => {
  const first = await allocatePort('gastown', await configured(), {});
  expect(first).toBeGreaterThanOrEqual(3308);
  const second = await allocatePort('gastown', await configured({ port: first }), {});
  expect(second).toBeGreaterThan(first);
  const third = await allocatePort('gastown', await configured({ port: first, remotesapiPort: second }), {});
  expect(third).toBeGreaterThan(second);
  expect(await allocatePort('gastown', await configured(), { GT_DOLT_PORT: String(first) })).not.toBe(first);
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(first, '127.0.0.1', resolve));
  expect(await allocatePort('gastown', await configured(), {})).toBeGreaterThan(first);
  await new Promise((resolve) => holder.close(resolve));
});
