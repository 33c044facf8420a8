import { expect, test } from 'vitest';
import { federationPorts } from '../../../src/supervisor/federation-mode.ts';

const rig = (port?: number, remotesapiPort?: number) => ({ name: 'beads', host: '127.0.0.1', port, remotesapiPort });

test.each([
  ['a new rig', rig(), {}, 3306, 8080],
  ['the HQ rig on the port that gt gave it', rig(3307), {}, 3306, 8080],
  ['a rig with a port of its own keeps it', rig(4000), {}, undefined, 8080],
  ['a rig that is open already keeps both', rig(3307, 8081), {}, undefined, 8081],
  ['what is asked for goes first', rig(3307, 8081), { port: 1, remotesapiPort: 2 }, 1, 2],
])('%s', (_, settings, asked, port, remotesapiPort) => {
  expect(federationPorts(settings, { name: 'beads', ...asked })).toEqual({ port, remotesapiPort });
});
