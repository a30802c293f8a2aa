/** When young sessions say that they are there. */
import test from 'ava';
import { EarlySigns } from '../../../device-agent/transport/early-signs.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

function begin() {
  const time = new SimTime(0);
  const clock = time.clock({ alive: true });
  return { time, clock, signs: new EarlySigns(clock) };
}

type World = ReturnType<typeof begin>;

/** A session whose probes are answered or not; tells at which ages it was probed. */
async function live(
  { time, clock, signs }: World,
  forMs: number,
  isAnswered: boolean,
  heardAt: readonly number[] = [],
) {
  const bornMs = clock.monotonic();
  const probed: number[] = [];
  const session = {
    heardMs: bornMs,
    probe: async () => {
      probed.push((clock.monotonic() - bornMs) / secondMs);
      if (isAnswered) session.heardMs = clock.monotonic();
      return isAnswered;
    },
  };
  for (const atMs of heardAt) {
    time.at(time.now + atMs, () => {
      session.heardMs = clock.monotonic();
    });
  }
  const watch = signs.watch(session);
  await time.runUntil(time.now + forMs);
  watch[Symbol.dispose]();
  return probed;
}

test('a session says that it is there after a minute of silence and five more, then no more by itself', async (t) => {
  t.deepEqual(await live(begin(), 120 * minuteMs, true), [60, 360]);
});

test('what was heard meanwhile puts a sign off', async (t) => {
  t.deepEqual(await live(begin(), 10 * minuteMs, true, [50 * secondMs, 100 * secondMs]), [160, 460]);
});

test('a silence that ended a session is not tried in the next, and again after one that lived for an hour', async (t) => {
  const world = begin();
  t.deepEqual(await live(world, 2 * minuteMs, false), [60]);
  t.deepEqual(await live(world, 10 * minuteMs, false), [300]);
  t.deepEqual(await live(world, 30 * minuteMs, false), []);
  t.deepEqual(await live(world, 61 * minuteMs, true), []);
  t.deepEqual(await live(world, 2 * minuteMs, true), [60]);
});

test('a session that is answered begins the next ones anew', async (t) => {
  const world = begin();
  t.deepEqual(await live(world, 2 * minuteMs, false), [60]);
  t.deepEqual(await live(world, 10 * minuteMs, true), [300]);
  t.deepEqual(await live(world, 2 * minuteMs, true), [60]);
});

test('a session that is over is asked nothing', async (t) => {
  const world = begin();
  t.deepEqual(await live(world, 30 * secondMs, true), []);
  await world.time.runUntil(world.time.now + 10 * minuteMs);
  t.deepEqual(await live(world, 30 * secondMs, true), []);
});
