/** The embedded broker with real devices on real sockets, for the tests of this folder. */
import { connectAsync, type MqttClient } from 'mqtt';
import type { DeviceContact } from '../../../../../controller/doors/mqtt/device-connections.ts';
import {
  type EmbeddedBroker,
  type EmbeddedBrokerOptions,
  startEmbeddedBroker,
} from '../../../../../controller/doors/mqtt/embedded/broker.ts';
import type { BrokerLimits } from '../../../../../controller/doors/mqtt/embedded/limits.ts';
import { nodeClock } from '../../../../../platform/node/clock.ts';
import { quietGuard, quietLog, Scene, type TestDevice } from '../../scene.ts';

/** A broker that devices of a scene connect to, and what it told. */
export interface Stage extends AsyncDisposable {
  readonly scene: Scene;
  readonly broker: EmbeddedBroker;
  readonly refusals: { readonly code: string; readonly device?: string }[];
  readonly changes: [string, boolean][];
  readonly contacts: DeviceContact[];
}

/** Starts it on a free port. */
export async function open(
  limits: Partial<BrokerLimits> = {},
  options: Partial<EmbeddedBrokerOptions> = {},
): Promise<Stage> {
  const scene = await Scene.open();
  const refusals: Stage['refusals'] = [];
  const changes: Stage['changes'] = [];
  const contacts: DeviceContact[] = [];
  const broker = await startEmbeddedBroker({
    host: '127.0.0.1',
    port: 0,
    identity: await scene.authority.serverIdentity(['localhost', '127.0.0.1']),
    authority: scene.authority.certificate,
    authorize: scene.authorize,
    onRefusal: (refusal) => refusals.push(refusal),
    guard: quietGuard,
    clock: nodeClock,
    log: quietLog,
    limits,
    ...options,
  });
  broker.onConnection((contact) => {
    changes.push([contact.device, contact.connected]);
    contacts.push(contact);
  });
  return {
    scene,
    broker,
    refusals,
    changes,
    contacts,
    async [Symbol.asyncDispose]() {
      await broker.close();
      scene[Symbol.dispose]();
    },
  };
}

/** An MQTT client that does not come back by itself. */
export function client(stage: Stage, device: TestDevice, options: object = {}): Promise<MqttClient> {
  return connectAsync(`mqtts://localhost:${stage.broker.port}`, {
    protocolVersion: 4,
    reconnectPeriod: 0,
    connectTimeout: 60_000,
    ca: stage.scene.authority.certificate,
    key: device.key,
    cert: device.certificate,
    ...options,
  });
}

/** Resolves when the connection is over. */
export function ended(connection: MqttClient): Promise<void> {
  return new Promise((resolve) => connection.once('close', () => resolve()));
}

/** A topic of a device's own shadow. */
export const own = (name: string, rest: string) => `$aws/things/${name}/shadow/name/fleet/${rest}`;

/** Resolves when something is so that comes about by itself. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
