import test from 'ava';
import { openSqliteState } from '../../../controller/state/sqlite/sqlite-state.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { fleetOf, namedDevice, openEngine, revision } from './test-engine.ts';

test('a turn in which signing takes long ends early, and all are issued in the turns that follow', async (t) => {
  const start = Date.parse('2026-03-01T00:00:00Z');
  const time = new SimTime(start);
  const state = openSqliteState(':memory:');
  let spentMs = 0;
  const issuedAtOnce: number[] = [];
  const { engine, image } = await openEngine({
    clock: { ...time.clock({ alive: true }), monotonic: () => time.now + spentMs },
    state: {
      ...{ load: (take) => state.load(take), read: (keys) => state.read(keys), close: () => state.close() },
      commit: async (writes) => {
        issuedAtOnce.push(writes.filter(({ room }) => room === 'envelope').length);
        await state.commit(writes);
      },
    },
    sign: (deployment) => {
      spentMs += 5;
      return JSON.stringify(deployment);
    },
  });
  const names = Array.from({ length: 40 }, (_, at) => `buoy-${at}`);
  engine.resume(revision, fleetOf(names.map((name) => ({ ...namedDevice(name, `SHA256:${name}`), fleet: 'ships' }))));
  await time.runUntil(start + 1_000);
  t.true(names.every((name) => image.device(name).issued !== undefined));
  t.true(Math.max(...issuedAtOnce) <= 4, `${issuedAtOnce}`);
  await engine.stop();
});
