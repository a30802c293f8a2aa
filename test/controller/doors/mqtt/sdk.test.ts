/** The device SDK that agents use, against the shadow service behind each broker it may meet. */
import test, { type ExecutionContext, registerCompletionHandler } from 'ava';
import { openStore } from '../../../../controller/devices/sqlite-store.ts';
import { startEmbeddedBroker } from '../../../../controller/doors/mqtt/embedded/broker.ts';
import { connectExternalBroker } from '../../../../controller/doors/mqtt/external/bus.ts';
import { createShadowService } from '../../../../controller/doors/mqtt/shadows/service.ts';
import type { Shadows } from '../../../../controller/doors/mqtt/shadows.ts';
import { nodeClock } from '../../../../platform/node/clock.ts';
import type { MessageBus } from '../../../../platform/ports.ts';
import { quietLog, Scene, type TestDevice } from '../scene.ts';
import { freePort, mosquitto, startMosquitto } from './mosquitto.ts';
import { connectSdk } from './sdk-client.ts';

// The SDK's native threads outlive its closed connections, and would keep this process from ending.
registerCompletionHandler(() => process.exit());

const hostnames = ['localhost', '127.0.0.1'];

interface Heard {
  readonly device: string;
  readonly reported: unknown;
}

async function startShadows(scene: Scene, bus: MessageBus): Promise<{ shadows: Shadows; heard: Heard[] } & Disposable> {
  const store = openStore(':memory:');
  const heard: Heard[] = [];
  const shadows = createShadowService({
    bus,
    values: store.values,
    clock: nodeClock,
    log: quietLog,
    knowsDevice: (device) => scene.named.has(device),
  });
  await shadows.start({ onReported: (device, reported) => heard.push({ device, reported }), onContact: () => {} });
  return { shadows, heard, [Symbol.dispose]: () => store.close() };
}

/** One life of a device: it finds no shadow, is given work, hears of more, reports, and is refused what is wrong. */
async function liveOnce(
  t: ExecutionContext,
  scene: Scene,
  device: TestDevice,
  bus: MessageBus,
  port: number,
): Promise<void> {
  using service = await startShadows(scene, bus);
  await using client = await connectSdk(device, scene.authority.certificate, port);
  const names = { thingName: device.name, shadowName: 'fleet' };

  const missing = await t.throwsAsync(client.shadow.getNamedShadow(names));
  t.is((missing as { modeledError?: { code?: number } }).modeledError?.code, 404);

  await service.shadows.setDesired(device.name, { sequence: 1, envelope: 'first' });
  const first = (await client.deltas.next()).value;
  t.deepEqual(first.state, { sequence: 1, envelope: 'first' });

  const report = { phase: 'active', counter: 7 };
  const accepted = await client.shadow.updateNamedShadow({ ...names, state: { reported: report } });
  t.is(accepted.version, 2);
  t.deepEqual(service.heard, [{ device: device.name, reported: report }]);

  await service.shadows.setDesired(device.name, { sequence: 2, blob: { sha256: 'ab', length: 9 } });
  await service.shadows.setDesired(device.name, { sequence: 2, blob: { sha256: 'ab', length: 9 } });
  t.is((await client.deltas.next()).value.version, 3);
  const shadow = await client.shadow.getNamedShadow(names);
  t.is(shadow.version, 3, 'the second, equal setDesired changes nothing');
  t.deepEqual(shadow.state?.desired, { sequence: 2, blob: { sha256: 'ab', length: 9 } });
  t.deepEqual(shadow.state?.reported, report);

  const conflict = client.shadow.updateNamedShadow({ ...names, state: { reported: {} }, version: 1 });
  t.is(((await t.throwsAsync(conflict)) as { modeledError?: { code?: number } }).modeledError?.code, 409);
  const big = client.shadow.updateNamedShadow({ ...names, state: { reported: { text: 'x'.repeat(9000) } } });
  t.is(((await t.throwsAsync(big)) as { modeledError?: { code?: number } }).modeledError?.code, 413);

  t.is((await client.shadow.deleteNamedShadow(names)).version, 3);
}

test('a device with the AWS SDK lives by its shadow through the embedded broker', async (t) => {
  using scene = await Scene.open();
  const broker = await startEmbeddedBroker({
    host: '127.0.0.1',
    port: 0,
    identity: await scene.authority.serverIdentity(hostnames),
    authority: scene.authority.certificate,
    authorize: scene.authorize,
    onRefusal: (refusal) => t.fail(`refused: ${refusal.code}`),
    clock: nodeClock,
    log: quietLog,
  });
  try {
    await liveOnce(t, scene, await scene.device('buoy-1'), broker, broker.port);
  } finally {
    await broker.close();
  }
});

if (mosquitto === undefined) {
  test.skip('a device with the AWS SDK lives by its shadow through Mosquitto (SKIPPED: mosquitto is not installed)', (t) =>
    t.pass());
} else {
  test('a device with the AWS SDK lives by its shadow through Mosquitto', async (t) => {
    using scene = await Scene.open();
    const port = await freePort();
    // The bus begins before the broker is there: that is a normal state.
    const bus = connectExternalBroker({
      url: `mqtts://localhost:${port}`,
      authority: scene.authority.certificate,
      identity: await scene.authority.serverIdentity(hostnames),
      clientId: 'fleet-controller',
      clock: nodeClock,
      log: quietLog,
    });
    const device = await scene.device('buoy-1');
    const broker = await startMosquitto(scene, port);
    try {
      await bus.ready();
      await liveOnce(t, scene, device, bus, port);
    } finally {
      await bus.close();
      await broker.stop();
    }
  });
}
