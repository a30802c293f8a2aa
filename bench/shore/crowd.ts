/** Many devices with certificates of one authority. They share a key, for it is the certificates that a broker tells apart. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { openAuthority } from '../../controller/authority/authority.ts';
import { proveRequest } from '../../controller/authority/certificate-request.ts';
import { DeviceIdentityStore } from '../../device-agent/enrol-identity.ts';
import { certificateRequest } from '../../device-agent/enrol-request.ts';
import { nodeClock } from '../../platform/node/clock.ts';
import { nodeDisk } from '../../platform/node/disk.ts';
import { nodeRandom } from '../../platform/node/random.ts';
import { Device } from './device.ts';

/** One of them, ready to connect. */
export interface Member {
  readonly name: string;
  readonly keyFingerprint: string;
  readonly context: SecureContext;
}

/** All of them, and where their authority is. */
export interface Crowd extends Disposable {
  readonly directory: string;
  readonly devices: readonly Member[];
}

/** How many connect at the same time: as many as a shore that comes back meets, within the ports of one machine. */
const connectingMax = 1000;

/** Makes an authority and so many devices below a new directory. */
export async function makeCrowd(count: number): Promise<Crowd> {
  const directory = mkdtempSync(join(tmpdir(), 'fleet-bench-shore-'));
  const authority = await openAuthority({ disk: nodeDisk, clock: nodeClock, random: nodeRandom, directory });
  const key = new DeviceIdentityStore(nodeDisk, `${directory}/device`).key();
  const pem = key.export({ type: 'pkcs8', format: 'pem' });
  const devices: Member[] = [];
  for (let n = 0; n < count; n += 1) {
    const name = `bench-${n}`;
    const proven = await proveRequest(certificateRequest(name, key));
    const context = createSecureContext({ key: pem, cert: await authority.issue(proven), ca: authority.certificate });
    devices.push({ name, keyFingerprint: proven.keyFingerprint, context });
  }
  return { directory, devices, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
}

/** Connects all of them as fast as they are let in; who is cut off tries again. */
export async function connectAll({ devices }: Crowd, port: number): Promise<Device[]> {
  const connected: Device[] = [];
  let next = 0;
  const line = async (): Promise<void> => {
    while (next < devices.length) {
      const { name, context } = devices[next++]!;
      let device: Device | undefined;
      while (device === undefined) {
        device = await Device.connect(name, port, context);
        if (device !== undefined && !(await device.subscribe('answers'))) device = undefined;
      }
      connected.push(device);
    }
  };
  await Promise.all(Array.from({ length: connectingMax }, line));
  return connected;
}
