/**
 * Cuts the power after every single disk operation of an update, with what was not synced lost, kept, or drawn for each
 * change by itself; then starts the device again, with no link, and later with one. The old deployment or the new one must
 * run at once, nothing but signed bytes may ever run, sequences must not go back, and the fleet's wish must come true. A plain
 * update is cut in all three ways after each operation, the others in one after every other, in turns; a hunt cuts all in all.
 */
import test, { type ExecutionContext } from 'ava';
import { SimRandom } from '../../platform/simulated/random.ts';
import type { DeployedConditions, DeployedWindows } from '../../schemas/generated/types.ts';
import { Ship } from '../device-agent/ship.ts';
import { type AppWish, moduleBytes, Shore, sha256 } from '../device-agent/shore.ts';
import { isHunt } from '../hunt.ts';
import { type Fate, keepAll, loseAll } from '../sim/disk-crash.ts';

const gauge1 = { name: 'gauge', version: '1.0.0', bytes: moduleBytes('gauge one', 3_000) };
const gauge2 = { name: 'gauge', version: '2.0.0', bytes: moduleBytes('gauge two', 5_000) };
const gauge3 = { name: 'gauge', version: '3.0.0', bytes: moduleBytes('gauge crashes', 2_000) };
const horn1 = { name: 'horn', version: '1.0.0', bytes: moduleBytes('horn one', 1_000) };
const horn2 = { name: 'horn', version: '2.0.0', bytes: moduleBytes('horn two', 1_500) };
const all = [gauge1, gauge2, gauge3, horn1, horn2];

const shore = new Shore('anna');
for (const app of [gauge1, gauge2, horn1]) shore.releaseWithBrotli(app);
for (const app of [gauge3, horn2]) shore.release(app);

/** Half of the time. */
const everyMinute = [{ cron: '30 * * * * *', seconds: 30, timeZone: 'UTC' }];

const speed = { type: 'number' as const, maxAgeSeconds: 60 };

interface Story {
  readonly before: readonly AppWish[] | undefined;
  /** Whether what was there before is still on probation when the update comes. */
  readonly isOnTrial?: boolean;
  readonly wish: readonly AppWish[];
  readonly windows?: DeployedWindows;
  readonly when?: DeployedConditions;
  /** Somebody aboard says yes when it is fetched. */
  readonly consent?: 'required';
  /** What runs in the end. */
  readonly end: readonly AppWish[];
}

function names(apps: readonly AppWish[]): string[] {
  return apps.map(({ name, version }) => `${name} ${version}`);
}

async function begin({ before, isOnTrial = false }: Story): Promise<Ship> {
  const ship = new Ship(shore);
  const signed = new Set(all.map(({ bytes }) => sha256(bytes)));
  ship.onRun = (name, bytes) => {
    if (!signed.has(sha256(bytes))) throw new Error(`${name} runs unsigned`);
  };
  if (before === undefined) return ship;
  ship.boot();
  ship.want(shore.desired(1, before));
  await ship.run(isOnTrial ? 10 : 40);
  return ship;
}

function drawn(seed: number): Fate {
  const random = new SimRandom(seed);
  return () => random.fraction();
}

/** Starts it without a link: at once something that was good, or was on its way to be, must run. */
async function checkBoot(t: ExecutionContext, ship: Ship, story: Story, where: string): Promise<void> {
  ship.link.set(false);
  t.true(ship.boot(), where);
  await ship.run(1);
  const running = JSON.stringify(ship.running());
  const allowed = [story.before ?? [], story.wish].map((apps) => JSON.stringify(names(apps)));
  t.true(allowed.includes(running), `${where}: ${running} runs`);
}

/** Whether the agent says that it is written down. */
async function sayYes(ship: Ship): Promise<boolean> {
  const answer = await ship.ask({ ask: 'consent', deployment: 2, answer: 'granted', by: 'mate' });
  return answer.kind === 'kept';
}

/** A yes that was said to be written down is asked for no more; one that was not may be said again. */
async function checkConsent(t: ExecutionContext, ship: Ship, isKept: boolean, where: string): Promise<void> {
  await ship.run(5);
  if (ship.report.waiting?.code !== 'CONSENT_NEEDED') return;
  t.false(isKept, `${where}: the yes is lost`);
  t.true(await sayYes(ship), where);
}

async function checkEnd(t: ExecutionContext, ship: Ship, story: Story, where: string): Promise<void> {
  const told = Math.max(0, ...ship.reports.map(({ highestSequence }) => highestSequence));
  t.true(ship.report.highestSequence >= told, `${where}: the sequence went back`);
  ship.link.set(true);
  // One that had not arrived before is asked for now.
  if (story.consent !== undefined) await ship.run(60).then(() => checkConsent(t, ship, false, where));
  await ship.run(300);
  t.deepEqual(ship.running(), names(story.end), where);
  t.is(ship.report.phase, 'active', where);
  t.is(ship.report.highestSequence, 2, where);
  const boots = ship.reports.map(({ boot }) => boot?.number ?? 0);
  t.deepEqual(
    boots,
    [...boots].sort((a, b) => a - b),
    where,
  );
}

/** Whether all of its cuts are made, or a share of them. */
function isWhole(story: Story): boolean {
  return isHunt || story === plain;
}

type Cut = readonly [fate: Fate, again: number];

/** What becomes of what was not synced, and after how many operations of the next start the power goes again. */
function cutsAt(operations: number, story: Story): readonly Cut[] {
  const cuts: readonly Cut[] = [
    [loseAll, 0],
    [keepAll, operations % 7],
    [drawn(operations), (operations * 5) % 11],
  ];
  return isWhole(story) ? cuts : [cuts[operations % cuts.length]!];
}

/** Whether the update was over before so many operations. */
async function crashAt(t: ExecutionContext, story: Story, operations: number): Promise<boolean> {
  const whole = await begin(story);
  if (story.before === undefined) whole.boot();
  const before = whole.disk.operations;
  whole.disk.crashAfter(operations);
  const { windows, when, consent } = story;
  const gated = {
    ...(windows === undefined ? {} : { windows }),
    ...(when === undefined ? {} : { when }),
    ...(consent && { consent }),
  };
  whole.want(shore.desired(2, story.wish, gated));
  if (consent !== undefined) await whole.run(20);
  const isKept = consent !== undefined && (await sayYes(whole));
  await whole.run(Object.keys(gated).length === 0 ? 40 : 100);
  if (whole.disk.operations - before < operations) return true;
  for (const [fate, again] of cutsAt(operations, story)) {
    const where = `power cut after operation ${operations}, again after ${again}`;
    const ship = whole.copyAfterCut(fate);
    if (again > 0) {
      ship.disk.crashAfter(again);
      ship.boot();
      await ship.run(5);
      ship.cutPower(fate);
    }
    await checkBoot(t, ship, story, where);
    await checkConsent(t, ship, isKept, where);
    await checkEnd(t, ship, story, where);
  }
  return false;
}

const plain: Story = { before: [gauge1, horn1], wish: [gauge2, horn2], end: [gauge2, horn2] };

const stories: Readonly<Record<string, Story>> = {
  'an update': plain,
  'a failing update': { before: [gauge1, horn1], wish: [gauge3, horn1], end: [gauge1, horn1] },
  'a failing update of what is still on probation': {
    ...{ before: [gauge1, horn1], isOnTrial: true, wish: [gauge3, horn1], end: [gauge1, horn1] },
  },
  'an update in windows that are open soon': {
    ...plain,
    windows: { fetch: everyMinute, activate: everyMinute },
  },
  'an update under conditions that needs consent': {
    ...{ ...plain, consent: 'required' },
    when: { fetch: 'link.connected', activate: 'link.connected && !has(facts.speed)', facts: { speed } },
  },
  'the first install': { before: undefined, wish: [gauge1], end: [gauge1] },
};

for (const [what, story] of Object.entries(stories)) {
  test.serial(`after a power cut at any disk operation of ${what}, old or new runs and all converges`, async (t) => {
    let operations = 1;
    while (!(await crashAt(t, story, operations))) operations += isWhole(story) ? 1 : 2;
    t.log(`${operations - 1} operations`);
    t.true(operations > 40);
  });
}
