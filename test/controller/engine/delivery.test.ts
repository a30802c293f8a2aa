/** Brokers that do not take what devices are to be told: nobody's trouble is another one's. */
import test from 'ava';
import { BusError } from '../../../platform/ports.ts';
import { SimTime } from '../../sim/sim-clock.ts';
import { fleetOf, namedDevice, openEngine, revision } from './test-engine.ts';

const start = Date.parse('2026-03-01T00:00:00Z');

/** An engine that has a deployment for each of these devices, on a broker that does what `take` does. */
async function told(names: readonly string[], take: (device: string, now: number) => Promise<void>) {
  const time = new SimTime(start);
  const heard = new Map<string, number>();
  const { engine, desire, observe } = await openEngine({
    clock: time.clock({ alive: true }),
    publish: async ({ topic }) => {
      const device = topic.split('/')[2]!;
      await take(device, time.now);
      heard.set(device, time.now);
    },
  });
  engine.resume(revision, fleetOf(names.map((name) => namedDevice(name, `SHA256:${name}`))));
  const desired = Promise.all(names.map((name) => desire(name, 1, '{}')));
  await time.runUntil(start);
  await desired;
  return { time, heard, observe };
}

const crowd = (count: number) => Array.from({ length: count }, (_, at) => `buoy-${at}`);

test('messages that the broker never takes hold up nobody else, and are told of their devices', async (t) => {
  const names = crowd(600);
  const isSilent = (device: string) => Number(device.slice('buoy-'.length)) < 300;
  const { time, heard, observe } = await told(names, (device) =>
    isSilent(device) ? new Promise<never>(() => {}) : Promise.resolve(),
  );
  await time.runUntil(start + 130_000);
  t.is(heard.size, 300, 'everybody else');
  t.regex(observe('buoy-0').unsettled?.failure ?? '', /the broker has not taken it for 60 s/);
});

test('while the broker is away nobody has failed; when it is back everybody is told', async (t) => {
  const names = crowd(300);
  let tries = 0;
  const { time, heard, observe } = await told(names, async (_, now) => {
    tries += 1;
    if (now < start + 60_000) throw new BusError('AWAY', 'the broker is away');
  });
  await time.runUntil(start + 50_000);
  t.true(tries <= 256 + 2 * 50, 'it is looked for, by one message at a time');
  t.is(observe('buoy-7').unsettled, undefined);
  await time.runUntil(start + 62_000);
  t.is(heard.size, 300);
});

test('of many messages one that makes the broker end the connection is alone at last', async (t) => {
  const names = crowd(300);
  let cutAt = Number.NEGATIVE_INFINITY;
  const { time, heard, observe } = await told(names, async (device, now) => {
    if (now < cutAt + 1_000) throw new BusError('AWAY', 'the broker is away');
    // What was on its way together is cut together.
    await Promise.resolve();
    if (device === 'buoy-7') cutAt = now;
    if (now === cutAt) throw new BusError('CUT', 'the broker ended the connection');
  });
  await time.runUntil(start + 600_000);
  t.deepEqual(
    names.filter((name) => !heard.has(name)),
    ['buoy-7'],
  );
  t.regex(observe('buoy-7').unsettled?.failure ?? '', /ended the connection/);
});
