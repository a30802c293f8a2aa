/** What an agent needs on shore to connect: authority, API for enrolment, broker and shadows, all of them the controller's own. */

import { openAuthority, proveRequest } from '../../controller/authority/authority.ts';
import type { AuthorizeDevice } from '../../controller/authority/authorization.ts';
import { openStore } from '../../controller/devices/sqlite-store.ts';
import { startEmbeddedBroker } from '../../controller/doors/mqtt/embedded/broker.ts';
import { createShadowService } from '../../controller/doors/mqtt/shadows/service.ts';
import { makeTrust } from '../../controller/publishing/authoring/make-trust.ts';
import { DeviceIdentityStore } from '../../device-agent/enrol-identity.ts';
import { certificateRequest } from '../../device-agent/enrol-request.ts';
import { nodeClock } from '../../platform/node/clock.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { nodeRandom } from '../../platform/node/random.ts';

const address = '127.0.0.1';
const log = { write: () => {} };

/** Starts it below `directory` and enrols `device` with its state in `stateDirectory`. */
export async function openShore(directory: string, device: string, stateDirectory: string) {
  const authorize: AuthorizeDevice = () => 'ok';
  const authority = await openAuthority({ disk: nodeDisk, clock: nodeClock, random: nodeRandom, directory });
  const identity = await authority.serverIdentity([address]);
  const store = new DeviceIdentityStore(nodeDisk, stateDirectory);
  store.keep(await authority.issue(await proveRequest(certificateRequest(device, store.key()))));
  const common = { clock: nodeClock, log };
  const onRefusal = (): void => {};
  const broker = await startEmbeddedBroker({
    ...{ host: address, port: 0, identity, authority: authority.certificate, authorize, onRefusal, ...common },
  });
  makeTrust({ disk: nodeDisk, directory }, { random: nodeRandom, now: nodeClock.now() });
  const database = openStore(`${directory}/store.db`);
  const knowsDevice = (): boolean => true;
  const shadows = createShadowService({
    bus: broker,
    values: database.values,
    knowsDevice,
    connections: broker,
    ...common,
  });
  await shadows.start({ onReported: () => {}, onContact: () => {} });
  return {
    host: address,
    port: broker.port,
    ca: `${directory}/ca.pem`,
    trustRoot: `${directory}/trust/1.root.json`,
    close: async () => {
      await shadows.stop();
      await broker.close();
      database.close();
    },
  };
}
