/** Brokers that do not take what devices are to be told: nobody's trouble is another one's. */
import test from 'ava';
import { BusError } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { fleetOf, namedDevice, openEngine, reportOf, revision } from './test-engine.ts';

const start = Date.parse('2026-03-01T00:00:00Z');

/** An engine that has a deployment for each of these devices, on a broker that does what `take` does. */
async function told(
  names: readonly string[],
  take: (device: string, now: number) => Promise<void>,
  skewMs = (_now: number): number => 0,
) {
  const time = new SimTime(start);
  const heard = new Map<string, number>();
  const { engine, desire, observe } = await openEngine({
    clock: time.clock({ alive: true }, () => skewMs(time.now)),
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

/** Seconds from the beginning at which a device is told in the first hour, if it never works. */
async function triesOfAnHour(skewMs?: (now: number) => number) {
  const tries: number[] = [];
  const take = async (_: string, now: number) => {
    tries.push((now - start) / 1000);
    throw new Error(`the broker does not like it: ${'x'.repeat(1_000)}`);
  };
  const { time, observe } = await told(['buoy'], take, skewMs);
  await time.runUntil(start + 3_600_000);
  return { tries, unsettled: observe('buoy').unsettled };
}

test('what fails is tried later and later, and never gives up', async (t) => {
  const { tries, unsettled } = await triesOfAnHour();
  t.deepEqual(tries.slice(0, 5).map(Math.round), [0, 1, 3, 7, 15]);
  const pauses = tries.slice(1).map((at, index) => at - tries[index]!);
  t.true(Math.max(...pauses) <= 301, 'and every five minutes at least');
  t.true(tries.length > 15 && tries.length < 22, `${tries.length} tries`);
  t.is(unsettled?.attempts, tries.length);
  t.is(unsettled?.failure.length, 300, 'what a broker says is bounded');
});

test('what failed is tried again as soon after a clock that ran ahead was set back, by years or by minutes', async (t) => {
  for (const ahead of [365 * 86_400_000, 200_000]) {
    const { tries } = await triesOfAnHour((now) => (now < start + 600_000 ? ahead : 0));
    const pauses = tries.slice(1).map((at, index) => at - tries[index]!);
    t.true(Math.max(...pauses) <= 501, `${ahead}: ${pauses}`);
    t.true(tries.length > 14, `${tries.length} tries`);
  }
});

test('a deployment that can not be signed is tried later and later however often its device reports, also by a clock that was set back', async (t) => {
  for (const ahead of [0, 365 * 86_400_000]) {
    const time = new SimTime(start);
    const tries: number[] = [];
    const { engine, ask } = await openEngine({
      clock: time.clock({ alive: true }, () => (time.now < start + 60_000 ? ahead : 0)),
      sign: () => {
        tries.push(time.now);
        throw new Error('the key is gone');
      },
    });
    engine.resume(revision, fleetOf([{ ...namedDevice('buoy', 'SHA256:buoy'), fleet: 'ships' }]));
    for (let counter = 1; counter <= 120; counter += 1) {
      ask('buoy', 'update', { state: { reported: reportOf(counter) } });
      await time.runUntil(start + counter * 5_000);
    }
    t.true(tries.length >= 8 && tries.length <= 12, `${tries.length} tries in ten minutes`);
  }
});

test('what was said while something newer was issued settles nothing: the newer is said too', async (t) => {
  const time = new SimTime(start);
  const said: { readonly sequence: number; readonly taken: PromiseWithResolvers<void> }[] = [];
  const { engine, desire, observe } = await openEngine({
    clock: time.clock({ alive: true }),
    publish: ({ payload }) => {
      const taken = Promise.withResolvers<void>();
      said.push({ sequence: JSON.parse(new TextDecoder().decode(payload)).state.sequence, taken });
      return taken.promise;
    },
  });
  engine.resume(revision, fleetOf([namedDevice('buoy', 'SHA256:buoy')]));
  for (const sequence of [1, 2]) {
    const desired = desire('buoy', sequence, '{}');
    await time.runUntil(time.now + 1_000);
    await desired;
  }
  t.deepEqual(
    said.map(({ sequence }) => sequence),
    [1],
    'one at a time',
  );
  said[0]!.taken.resolve();
  await time.runUntil(time.now + 1_000);
  t.deepEqual(
    said.map(({ sequence }) => sequence),
    [1, 2],
  );
  said[1]!.taken.resolve();
  await time.runUntil(time.now + 3_600_000);
  t.is(said.length, 2);
  t.is(observe('buoy').unsettled, undefined);
});

test('one that left before a word was said again is not spoken to: it asks when it comes', async (t) => {
  const time = new SimTime(start);
  let tries = 0;
  const { engine, desire, observe } = await openEngine({
    clock: time.clock({ alive: true }),
    tellsConnections: true,
    publish: async () => {
      tries += 1;
      throw new Error('the broker does not like it');
    },
  });
  engine.resume(revision, fleetOf([namedDevice('buoy', 'SHA256:buoy')]));
  engine.tell({ kind: 'contact', device: 'buoy', connected: true });
  const desired = desire('buoy', 1, '{}');
  await time.runUntil(start + 500);
  await desired;
  t.deepEqual([tries, observe('buoy').unsettled?.kind], [1, 'deliver']);
  engine.tell({ kind: 'contact', device: 'buoy', connected: false });
  await time.runUntil(start + 600_000);
  t.deepEqual([tries, observe('buoy').unsettled], [1, undefined]);
});
