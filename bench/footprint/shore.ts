/** What an agent needs on shore to connect: authority, API for enrolment, broker and shadows, all of them the controller's own. */

import { openAuthority } from '../../controller/authority/authority.ts';
import type { AuthorizeDevice } from '../../controller/authority/authorization.ts';
import { proveRequest } from '../../controller/authority/certificate-request.ts';
import { createGuard } from '../../controller/doors/guard.ts';
import { startEmbeddedBroker } from '../../controller/doors/mqtt/embedded/broker.ts';
import { openShadowDoor } from '../../controller/doors/mqtt/shadow-door.ts';
import { makeTrust } from '../../controller/publishing/authoring/make-trust.ts';
import { absentShadow, type Shadow } from '../../controller/shadow/document.ts';
import { applyRequest } from '../../controller/shadow/protocol.ts';
import { parseRequest } from '../../controller/shadow/request.ts';
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
    ...{
      host: address,
      port: 0,
      identity,
      authority: authority.certificate,
      authorize,
      onRefusal,
      guard: createGuard(common),
      ...common,
    },
  });
  makeTrust({ disk: nodeDisk, directory }, { random: nodeRandom, now: nodeClock.now() });
  let shadow: Shadow = absentShadow;
  await openShadowDoor({
    ...{ bus: broker, guard: createGuard(common) },
    take({ operation, payload }) {
      const parsed = parseRequest(payload, operation === 'update');
      if (parsed.kind === 'rejected') return;
      const { next = shadow, messages } = applyRequest(device, shadow, operation, parsed.request, nodeClock.now());
      shadow = next;
      for (const { topic, payload: answer } of messages) void broker.publish(topic, answer);
    },
  });
  return {
    host: address,
    port: broker.port,
    ca: `${directory}/ca.pem`,
    trustRoot: `${directory}/trust/1.root.json`,
    close: () => broker.close(),
  };
}
