/** The device SDK that agents use, against the shadow service behind each broker it may meet. */
import test, { type ExecutionContext, registerCompletionHandler } from 'ava';
import { startEmbeddedBroker } from '../../../../controller/doors/mqtt/embedded/broker.ts';
import { connectExternalBroker } from '../../../../controller/doors/mqtt/external/bus.ts';
import { blobOf } from '../../../../controller/engine/issue.ts';
import { nodeClock } from '../../../../platform/node/clock.ts';
import { freePort } from '../../../../platform/node/free-port.ts';
import type { MessageBus } from '../../../../platform/ports.ts';
import { openEngineOn, reportOf } from '../../engine/test-engine.ts';
import { quietGuard, quietLog, Scene, type TestDevice } from '../scene.ts';
import { mosquitto, startMosquitto } from './mosquitto.ts';
import { connectSdk } from './sdk-client.ts';

// The SDK's native threads outlive its closed connections, and would keep this process from ending.
registerCompletionHandler(() => process.exit());

const hostnames = ['localhost', '127.0.0.1'];

/** One life of a device: it finds no shadow, is given work, hears of more, reports, and is refused what is wrong. */
async function liveOnce(
  t: ExecutionContext,
  scene: Scene,
  device: TestDevice,
  bus: MessageBus,
  port: number,
): Promise<void> {
  const service = await openEngineOn(bus, scene.named);
  await using client = await connectSdk(device, scene.authority.certificate, port);
  const names = { thingName: device.name, shadowName: 'fleet' };

  const missing = await t.throwsAsync(client.shadow.getNamedShadow(names));
  t.is((missing as { modeledError?: { code?: number } }).modeledError?.code, 404);

  await service.desire(device.name, 1, 'first');
  const first = (await client.deltas.next()).value;
  t.deepEqual(first.state, { sequence: 1, envelope: 'first' });

  const report = reportOf(7);
  const accepted = await client.shadow.updateNamedShadow({ ...names, state: { reported: { ...report } } });
  t.is(accepted.version, 2);
  t.deepEqual(service.observe(device.name).report, report);

  const envelope = 'e'.repeat(5_000);
  await service.desire(device.name, 2, envelope);
  t.is((await client.deltas.next()).value.version, 3);
  const shadow = await client.shadow.getNamedShadow(names);
  t.is(shadow.version, 3);
  t.deepEqual(shadow.state?.desired, { sequence: 2, blob: blobOf(envelope) });
  t.deepEqual(shadow.state?.reported, report);

  const conflict = client.shadow.updateNamedShadow({ ...names, state: { reported: { ...reportOf(8) } }, version: 1 });
  t.is(((await t.throwsAsync(conflict)) as { modeledError?: { code?: number } }).modeledError?.code, 409);
  const big = client.shadow.updateNamedShadow({
    ...names,
    state: { reported: { ...reportOf(9), text: 'x'.repeat(9000) } },
  });
  t.is(((await t.throwsAsync(big)) as { modeledError?: { code?: number } }).modeledError?.code, 413);

  const removed = client.shadow.deleteNamedShadow(names);
  t.is(((await t.throwsAsync(removed)) as { modeledError?: { code?: number } }).modeledError?.code, 403);
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
    guard: quietGuard,
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
