import test from 'ava';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { fleetOf, namedDevice, openEngine, revision } from './test-engine.ts';

const start = Date.parse('2026-03-01T00:00:00Z');

/** An engine on virtual time, a state that can be full, and a broker that can be away. */
async function scene({ isFull = false } = {}) {
  const time = new SimTime(start);
  const state = openSqliteState(':memory:');
  const shore = { isFull, refuses: false, told: [] as string[] };
  const open = () =>
    openEngine({
      clock: time.clock({ alive: true }),
      state: {
        ...{ load: (take) => state.load(take), read: (keys) => state.read(keys), close: () => state.close() },
        commit: async (writes) => {
          if (shore.isFull) throw new Error('no space left');
          await state.commit(writes);
        },
      },
      publish: async ({ topic }) => {
        shore.told.push(topic.split('/')[2]!);
        if (shore.refuses) throw new Error('the broker does not like it');
      },
    });
  return { time, shore, open, ...(await open()) };
}

const shipsOf = (names: readonly string[]) =>
  fleetOf(names.map((name) => ({ ...namedDevice(name, `SHA256:${name}`), fleet: 'ships' })));

test('devices whose deployments could not be written down are thought over again until they can, and are told once', async (t) => {
  const { time, shore, engine, image } = await scene({ isFull: true });
  const names = Array.from({ length: 300 }, (_, at) => `buoy-${at}`);
  engine.resume(revision, shipsOf(names));
  await time.runUntil(start + 60_000);
  t.deepEqual([image.devices.size, shore.told.length], [0, 0]);
  t.truthy(engine.trouble);
  shore.isFull = false;
  await time.runUntil(start + 120_000);
  t.true(names.every((name) => image.device(name).issued?.sequence === 1));
  t.is(shore.told.length, names.length);
  t.is(engine.trouble, undefined);
  await engine.stop();
});

test('a word that failed while that could not be written down is said again', async (t) => {
  const { time, shore, engine, observe } = await scene();
  shore.refuses = true;
  engine.resume(revision, shipsOf(['buoy']));
  await time.runUntil(start + 500);
  t.is(observe('buoy').unsettled?.attempts, 1);
  shore.isFull = true;
  await time.runUntil(start + 60_000);
  shore.isFull = false;
  shore.refuses = false;
  const { length } = shore.told;
  await time.runUntil(start + 400_000);
  t.is(shore.told.length, length + 1);
  t.is(observe('buoy').unsettled, undefined);
  await engine.stop();
});

test('the first commit after what was in force was lost takes its deployment from a device that git names no longer', async (t) => {
  const { time, open, engine, image } = await scene();
  engine.resume(revision, shipsOf(['old', 'buoy']));
  await time.runUntil(start + 1_000);
  t.not(image.device('old').shadow.desiredAt, undefined);
  await engine.stop();
  const next = await open();
  const adopted = next.engine.adopt({
    revision: { id: 'b'.repeat(40), subject: '', author: '', committedAt: new Date(start).toISOString() },
    source: { location: 'x', branch: 'main', state: 'current', problems: [] },
    desired: shipsOf(['buoy']),
    affected: new Set(['buoy']),
  });
  await time.runUntil(start + 2_000);
  await adopted;
  await time.runUntil(start + 3_000);
  t.is(next.image.device('old').shadow.desiredAt, undefined);
  t.not(next.image.device('buoy').shadow.desiredAt, undefined);
  await next.engine.stop();
});
