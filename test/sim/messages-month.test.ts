/**
 * A month of devices whose links, agents, powers and shore come and go, and of some that nobody reaches but with a stick. What the shore
 * acknowledged is in its files, under one id each; where no power was cut, every message came out or was counted as dropped.
 */
import test, { type ExecutionContext } from 'ava';
import { SimTime } from '../../platform/simulated/clock.ts';
import { SimRandom } from '../../platform/simulated/random.ts';
import { keepAll } from './disk-crash.ts';
import { MonthDevice, Shore } from './messages-shore.ts';
import { PowerCut } from './sim-disk.ts';
import { StickCarrier } from './stick-carrier.ts';

const days = 30;
const hourMs = 3_600_000;
const spellMs = 6 * 60_000;

const isCut = (error: unknown): boolean => error instanceof PowerCut;

/** A while in which both devices are on, and whatever may go wrong does. */
async function day(shore: Shore, random: SimRandom): Promise<void> {
  const { time } = shore;
  const devices = [...shore.devices.values()];
  // What fails does so for some days.
  if (random.chance(0.3)) shore.isFailing = !shore.isFailing;
  for (const device of devices) device.start();
  for (let spell = 0; spell < 4; spell += 1) {
    if (!shore.isUp) {
      shore.disk.restart();
      await shore.start();
    }
    for (const device of devices) {
      device.connect(random.chance(0.6));
      for (let n = random.integer(0, 40); n > 0; n -= 1)
        time.at(time.now + random.integer(0, spellMs), () => device.write());
      if (random.chance(0.1)) time.at(time.now + random.integer(0, spellMs), () => device.start());
    }
    if (random.chance(0.15)) time.at(time.now + random.integer(0, spellMs), () => shore.end());
    if (random.chance(0.15)) shore.disk.crashAfter(random.integer(1, 60));
    await time.runUntil(time.now + spellMs);
  }
  for (const device of devices) device.stop();
  devices[1]!.cutPower();
  if (random.chance(0.3)) {
    shore.end();
    shore.disk.crash(() => random.fraction());
    shore.disk.restart();
  }
}

/** All is well for long enough. */
async function heal(shore: Shore): Promise<void> {
  shore.isFailing = false;
  if (!shore.isUp) {
    shore.disk.restart();
    await shore.start();
  }
  for (const device of shore.devices.values()) {
    device.start();
    device.connect(true);
  }
  await shore.time.runUntil(shore.time.now + 2 * hourMs);
}

function judge(t: ExecutionContext, shore: Shore): void {
  const texts = new Map<string, string>();
  for (const { key, text } of shore.messages()) {
    const before = texts.get(key) ?? text;
    t.is(before, text, `${key} is two messages`);
    texts.set(key, text);
  }
  t.is(new Set(texts.values()).size, texts.size, 'one message under two ids');
  for (const id of shore.acknowledged) t.true(texts.has(id), `${id} was acknowledged and is not there`);
  for (const { name, written } of shore.devices.values()) {
    const own = new Set(written.map((text) => `${name} ${text}`));
    for (const text of texts.values())
      t.true(!text.startsWith(`${name} `) || own.has(text), `${text} was never written`);
  }
}

test('over a month with cuts everything acknowledged came out, under one id, and what was dropped is counted', async (t) => {
  const random = new SimRandom(2);
  const shore = new Shore(new SimTime(Date.parse('2026-03-01T00:00:00Z')));
  const [steady, cut] = ['steady', 'cut'].map((name) => new MonthDevice(name, shore, random.stream(name)));
  for (let at = 0; at < days; at += 1) {
    try {
      await day(shore, random);
    } catch (error) {
      if (!isCut(error)) throw error;
    }
    await shore.time.runUntil(shore.time.now + 24 * hourMs - 4 * spellMs);
  }
  await heal(shore);
  judge(t, shore);
  const { messages, dropped } = steady!.report();
  const came = new Set(
    shore
      .messages()
      .filter(({ key }) => key.startsWith('steady '))
      .map(({ key }) => key),
  ).size;
  t.is(messages, 0);
  // What came and was dropped before its device heard so counts as both.
  const lost = steady!.written.length + steady!.refused - came;
  t.true(lost <= dropped && dropped < lost + came / 10, `${lost} did not come, ${dropped} were counted as dropped`);
  t.true(came > 100 && dropped > 0, `${came} came, ${dropped} were dropped`);
  t.is(cut!.report().messages, 0);
  t.log(`${came} of ${steady!.written.length} came, ${dropped} were dropped, ${shore.acknowledged.length} batches`);
});

/** Room for all that is said in a month. */
const longTerms = { quotaBytes: 2 ** 22, maxAgeSeconds: 90 * 86_400, drop: 'oldest' } as const;
const visitMs = 60_000;

/** A while in which everybody speaks, some have a link, and somebody comes by. */
async function carriedDay(shore: Shore, carrier: StickCarrier, random: SimRandom): Promise<void> {
  const { time } = shore;
  for (const device of shore.devices.values()) {
    device.start();
    if (device.name === 'barge') device.connect(random.chance(0.4));
    for (let n = random.integer(0, 20); n > 0; n -= 1)
      time.at(time.now + random.integer(0, visitMs), () => device.write());
  }
  await time.runUntil(time.now + 2 * visitMs);
  for (const device of shore.devices.values()) if (random.chance(0.5)) await carrier.visit(device);
  await carrier.land();
  if (random.chance(0.15)) {
    shore.end();
    shore.disk.restart();
    await shore.start();
  }
  for (const device of shore.devices.values()) device.stop();
  shore.devices.get('barge')!.cutPower();
  await time.runUntil(time.now + 24 * hourMs);
}

/** Whatever waits comes ashore, and every device hears so; how often somebody goes aboard of each for that. */
async function carryAllWell(shore: Shore, carrier: StickCarrier): Promise<number> {
  let most = 0;
  for (const device of shore.devices.values()) {
    device.start();
    let visits = 1;
    for (; visits < 10 && (await carrier.visitWell(device)) > 0; visits += 1) await carrier.landWell();
    most = Math.max(most, visits);
  }
  return most;
}

test('over a month by hand every message comes ashore once or its drop is told, and a device that never has a link gets rid of what the shore has', async (t) => {
  const random = new SimRandom(7);
  const shore = new Shore(new SimTime(Date.parse('2026-03-01T00:00:00Z')));
  await shore.start();
  const small = new MonthDevice('buoy', shore, random.stream('buoy'), { ...longTerms, quotaBytes: 49_152 });
  const restored = new MonthDevice('skiff', shore, random.stream('skiff'), longTerms);
  new MonthDevice('barge', shore, random.stream('barge'));
  const carrier = new StickCarrier(shore, random);
  let gone: readonly string[] = [];
  let image = restored.disk;
  let begin = 0;
  for (let at = 0; at < days; at += 1) {
    await carriedDay(shore, carrier, random);
    if (at === days / 3) [image, begin] = [restored.disk.copyAfterCrash(keepAll), restored.written.length];
    if (at !== (days * 2) / 3) continue;
    gone = restored.written.slice(begin);
    restored.disk = image;
  }
  t.true((await carryAllWell(shore, carrier)) <= 4);
  judge(t, shore);
  const texts = shore.messages().map(({ text }) => text);
  const came = new Set(texts);
  const missing = ({ name, written }: MonthDevice) => written.filter((text) => !came.has(`${name} ${text}`));
  for (const { name } of shore.devices.values()) t.is(shore.devices.get(name)!.report().messages, 0, name);
  const { dropped } = small.report();
  const lost = missing(small).length + small.refused;
  t.true(lost > 0 && lost <= dropped, `${lost} did not come, ${dropped} were counted as dropped`);
  t.is(restored.report().dropped, 0);
  t.deepEqual(
    missing(restored).filter((text) => !gone.includes(text)),
    [],
    'what is written on a disk that was put back comes ashore',
  );
  t.true(gone.length > 50 && missing(restored).length > 0 && came.size > 500, `${came.size} came`);
  t.log(`${came.size} came, ${dropped} were dropped, ${missing(restored).length} of ${gone.length} went with a disk`);
});
