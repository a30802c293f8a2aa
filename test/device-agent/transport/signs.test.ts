/** When sessions say that they are there. */
import test from 'ava';
import { Signs } from '../../../device-agent/transport/signs.ts';
import { Wire } from '../../../device-agent/transport/wire.ts';
import type { Relays } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const keepAliveMs = 20 * minuteMs;
/** Until a session whose sign is not answered is given up, and another is there. */
const doubtMs = 20 * secondMs;
const returnMs = 4 * secondMs;
/** How often it is looked whether a session is over. */
const lookMs = 10 * secondMs;

function begin() {
  const time = new SimTime(0);
  const clock = time.clock({ alive: true });
  const way = { out: 'wwan0' };
  const signs = new Signs({ clock, log: { write: () => {} }, keepAliveMs, wayOut: () => way.out });
  return { time, clock, signs, way };
}

type World = ReturnType<typeof begin>;

/** A session over a link that forgets who was silent for longer than `bearsMs`; it is given up like those of the agent. */
function openSession({ clock }: World, bearsMs: () => number) {
  const bornMs = clock.monotonic();
  const session = {
    ...{ heardMs: bornMs, borneMs: 0, unansweredMs: undefined as number | undefined, isForgotten: false },
    probedAt: [] as number[],
    heard: () => {
      const now = clock.monotonic();
      session.borneMs = Math.max(session.borneMs, now - session.heardMs);
      session.heardMs = now;
    },
    probe: async () => {
      const silentMs = clock.monotonic() - session.heardMs;
      session.probedAt.push((clock.monotonic() - bornMs) / secondMs);
      if (silentMs > bearsMs()) session.isForgotten = true;
      else session.heard();
      if (session.isForgotten) session.unansweredMs ??= silentMs;
      return !session.isForgotten;
    },
  };
  return session;
}

/** One session until it is given up or `forMs` are over, and the next may begin; tells at which ages it gave signs, in seconds. */
async function live(
  world: World,
  forMs: number,
  bearsMs = () => Number.POSITIVE_INFINITY,
  heardAt: readonly number[] = [],
) {
  const { time, clock, signs } = world;
  const session = openSession(world, bearsMs);
  const untilMs = time.now + forMs;
  for (const atMs of heardAt) time.at(time.now + atMs, () => session.heard());
  const watch = signs.watch(session);
  let isDead = false;
  while (time.now < untilMs && !isDead) {
    await time.runUntil(Math.min(untilMs, time.now + lookMs));
    // By itself the library asks after so long, and waits for half a minute.
    if (clock.monotonic() - session.heardMs >= keepAliveMs && bearsMs() >= keepAliveMs) session.heard();
    const silentMs = clock.monotonic() - session.heardMs;
    isDead = session.isForgotten
      ? silentMs >= session.unansweredMs! + doubtMs
      : silentMs >= keepAliveMs + 30 * secondMs;
  }
  watch[Symbol.dispose]();
  await time.runUntil(time.now + returnMs);
  return { signs: session.probedAt, isDead };
}

/** Sessions one after the other for so long: how many ended, and after how many seconds signs came at last. */
async function liveOn(world: World, forMs: number, bearsMs: () => number) {
  const untilMs = world.time.now + forMs;
  let [ends, lastSigns] = [0, [] as readonly number[]];
  while (world.time.now < untilMs) {
    const { signs, isDead } = await live(world, untilMs - world.time.now, bearsMs);
    if (isDead) ends += 1;
    lastSigns = signs;
  }
  return { ends, every: (lastSigns.at(-1) ?? 0) - (lastSigns.at(-2) ?? 0) };
}

test('a session says that it is there after a minute of silence and five more, then no more by itself', async (t) => {
  t.deepEqual((await live(begin(), 2 * hourMs)).signs, [60, 360]);
});

test('what was heard meanwhile puts a sign off', async (t) => {
  const { signs } = await live(begin(), 10 * minuteMs, undefined, [50 * secondMs, 100 * secondMs]);
  t.deepEqual(signs, [160, 460]);
});

test('a silence that ended a session is not tried in the next, and again after one that was borne', async (t) => {
  const world = begin();
  const bears = (seconds: number) => () => seconds * secondMs;
  t.deepEqual((await live(world, 2 * minuteMs, bears(50))).signs, [60]);
  t.deepEqual((await live(world, 10 * minuteMs, bears(50))).signs, [300]);
  t.deepEqual((await live(world, 30 * minuteMs, bears(50))).signs, [], 'signs that come more often cost too much');
  t.deepEqual((await live(world, hourMs)).signs, []);
  t.deepEqual((await live(world, 2 * minuteMs)).signs, [60]);
});

test('a session that is over is asked nothing', async (t) => {
  const world = begin();
  t.deepEqual((await live(world, 30 * secondMs)).signs, []);
  await world.time.runUntil(world.time.now + 10 * minuteMs);
  t.deepEqual((await live(world, 30 * secondMs)).signs, []);
});

test('on a link that forgets who is silent, signs come nearly as seldom as it bears, and few sessions end to find that out', async (t) => {
  for (const seconds of [62, 95, 240, 420, 1_190]) {
    const world = begin();
    const first = await liveOn(world, 24 * hourMs, () => seconds * secondMs);
    t.true(first.ends <= 14, `${first.ends} ended within a day where it bears ${seconds} s`);
    const later = await liveOn(world, 12 * hourMs, () => seconds * secondMs);
    t.true(later.ends <= 2, `${later.ends} ended within the next half`);
    t.true(later.every <= seconds && later.every * 1.6 >= seconds, `every ${later.every} s of ${seconds}`);
  }
});

test('a link that bears less by now, or more, or ended a session for another reason, is found out within hours', async (t) => {
  const world = begin();
  let bearsMs = 400 * secondMs;
  await liveOn(world, 3 * hourMs, () => bearsMs);
  bearsMs = 100 * secondMs;
  await liveOn(world, 3 * hourMs, () => bearsMs);
  const { ends, every } = await liveOn(world, 3 * hourMs, () => bearsMs);
  t.true(ends <= 3 && every <= 100, `${ends} ended, every ${every} s`);
  bearsMs = Number.POSITIVE_INFINITY;
  await liveOn(world, 12 * hourMs, () => bearsMs);
  t.deepEqual((await live(world, 4 * hourMs)).signs, [60, 360]);
});

test('what one link bears is not held against another, and neither is a session that ended with its link', async (t) => {
  const world = begin();
  const bears = () => 200 * secondMs;
  await live(world, 10 * minuteMs, bears);
  t.deepEqual((await live(world, 5 * minuteMs, bears)).signs, [60, 194]);
  world.way.out = 'eth0';
  t.deepEqual((await live(world, 10 * minuteMs)).signs, [60, 360]);
  world.way.out = 'wwan0';
  t.deepEqual((await live(world, 5 * minuteMs, bears)).signs, [60, 260], 'nearer to what ended one');
  const gone = begin();
  await live(gone, 10 * minuteMs, bears);
  await gone.time.runUntil(gone.time.now + minuteMs);
  t.deepEqual((await live(gone, 10 * minuteMs)).signs, [60, 360]);
});

test('a wire tells the longest silence that it bore, and the one after which no word came', async (t) => {
  const time = new SimTime(0);
  let accepts: (bytes: number) => boolean = () => false;
  const open: Relays['open'] = async (target) => {
    accepts = target.accepts;
    return { port: 1, through: undefined, ended: new Promise(() => {}), came: () => {}, [Symbol.dispose]: () => {} };
  };
  const clock = time.clock({ alive: true });
  const wire = await Wire.open({ host: 'x', port: 1, connectMsMax: 1, countTravel: () => {}, clock, relays: { open } });
  await time.runUntil(3 * minuteMs);
  accepts(10);
  await time.runUntil(4 * minuteMs);
  wire.awaitWord();
  accepts(10);
  t.deepEqual([wire.borneMs, wire.unansweredMs], [3 * minuteMs, undefined]);
  await time.runUntil(9 * minuteMs);
  wire.awaitWord(doubtMs);
  await time.runUntil(10 * minuteMs);
  wire.awaitWord();
  t.deepEqual([wire.borneMs, wire.unansweredMs], [3 * minuteMs, 5 * minuteMs]);
});
