/** The supervisor's end of the courier, over processes that say what the test has them say. */
import test from 'ava';
import { CourierProcess } from '../../../device-agent/courier/courier-process.ts';
import type { FromCourier, ToCourier } from '../../../device-agent/courier/protocol.ts';
import { nothingFetched } from '../../../device-agent/download/fetch-memory.ts';
import type { ChildProcess, ProcessExit, Processes } from '../../../platform/ports.ts';
import { DiskError } from '../../../platform/ports.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import type { Deployment } from '../../../schemas/generated/types.ts';

const desired = { sequence: 1, revision: 'a'.repeat(40), envelope: '{}' };
const errand = {
  deployment: { sequence: 1 } as Deployment,
  envelope: '{}',
  isInstalled: false,
  updates: [],
  memory: nothingFetched,
};
const never = new AbortController().signal;
const done = (id: number): FromCourier => ({ kind: 'done', id, outcome: { kind: 'refused', problem } });
const problem = { code: 'WRONG_DEVICE', message: 'for another' };

class FakeChild implements ChildProcess {
  readonly pid = 1;
  readonly heard: ToCourier[] = [];
  killed = false;
  say: (message: FromCourier) => void = () => {};
  end: (exit: ProcessExit) => void = () => {};
  readonly #exit: ProcessExit | undefined;
  constructor(exit?: ProcessExit) {
    this.#exit = exit;
  }
  send(message: unknown): void {
    this.heard.push(message as ToCourier);
  }
  onMessage(handler: (message: unknown) => void): void {
    this.say = handler;
  }
  onExit(handler: FakeChild['end']): void {
    this.end = handler;
    if (this.#exit !== undefined) handler(this.#exit);
  }
  kill(): void {
    this.killed = true;
  }
}

/** `exits` are those of the first children, which end before they began. */
function open(
  raise: (signedMs: number) => void = () => {},
  exits: readonly ProcessExit[] = [],
  due?: () => Promise<void>,
) {
  const time = new SimTime(0);
  const children: FakeChild[] = [];
  const processes: Pick<Processes, 'start'> = {
    start: () => {
      const child = new FakeChild(exits[children.length]);
      children.push(child);
      return child;
    },
  };
  const received: number[] = [];
  const travelled: unknown[] = [];
  const told: unknown[] = [];
  const segments = { areShort: false };
  const ordered = Promise.withResolvers<Uint8Array | undefined>();
  const courier = new CourierProcess({
    ...{ processes, clock: time.clock({ alive: true }), log: { write: () => {} }, file: 'courier', args: [] },
    ...{
      time: { nowMs: () => 8, floorMs: () => 7, raise, heard: () => {} },
      countBytes: (bytes) => received.push(bytes),
    },
    countTravel: (bytes, via) => travelled.push([bytes, via]),
    modulesCame: (flow, via) => travelled.push([flow, via]),
    orderParcel: () => ordered.promise,
    onWants: (wants) => told.push(wants),
    segments,
    ...(due === undefined ? {} : { due }),
  });
  return { courier, children, time, received, travelled, told, ordered, segments };
}

test('what a courier wants is fetched by nobody any more once it is gone', (t) => {
  const { courier, children, told } = open();
  void courier.judge(desired, never);
  const [child] = children;
  child!.say({ kind: 'ready' });
  const [here, there] = ['a', 'b'].map((sha256, at) => ({ sha256, done: at, isFetching: at === 0 }));
  child!.say({ kind: 'wants', wants: [here!, there!] });
  child!.end({ code: undefined, signal: 'SIGKILL' });
  const rested = [{ sha256: 'a', done: 0, isFetching: false }, there];
  t.deepEqual(told, [[here, there], rested]);
});

test('errands wait until the courier is ready, and share one', async (t) => {
  const { courier, children, received } = open();
  const both = [courier.judge(desired, never), courier.judge(desired, never)];
  const [child] = children;
  t.deepEqual(child!.heard, []);
  child!.say({ kind: 'ready' });
  const known = { floorMs: 7, areSegmentsShort: false };
  t.deepEqual(child!.heard[0], { kind: 'errand', id: 1, ...known, errand: { kind: 'judge', desired } });
  child!.say({ kind: 'received', bytes: 42 });
  child!.say(done(2));
  child!.say(done(1));
  t.deepEqual(await Promise.all(both), [
    { kind: 'refused', problem },
    { kind: 'refused', problem },
  ]);
  t.deepEqual([children.length, received], [1, [42]]);
});

test('what a courier took of a link is counted also where its word comes after its end, or after it was ended', async (t) => {
  const { courier, children, travelled } = open();
  const first = courier.judge(desired, never);
  const [ended] = children;
  ended!.say({ kind: 'ready' });
  ended!.say({ kind: 'modules', flow: { bytes: 900, ms: 50 }, via: 'sat0' });
  ended!.end({ code: undefined, signal: 'SIGKILL' });
  ended!.say({ kind: 'travelled', bytes: 1_000, via: 'sat0' });
  t.like(await first, { kind: 'failed' });
  const second = courier.judge(desired, never);
  const [, stopped] = children;
  stopped!.say({ kind: 'ready' });
  courier.stop();
  stopped!.say({ kind: 'travelled', bytes: 500 });
  t.like(await second, { kind: 'failed' });
  t.deepEqual(travelled, [
    [{ bytes: 900, ms: 50 }, 'sat0'],
    [1_000, 'sat0'],
    [500, undefined],
  ]);
});

test('the key with which one courier comes back is known to the next one, until one has none any more', async (t) => {
  const { courier, children } = open();
  const returnKey = { to: 'https://shore', certificate: 'a', name: 'b', secret: 'c' };
  for (const [at, known, learned] of [
    [0, undefined, returnKey],
    [1, returnKey, undefined],
    [2, undefined, undefined],
  ] as const) {
    const errand = courier.judge(desired, never);
    const child = children[at]!;
    child.say({ kind: 'ready' });
    t.deepEqual((child.heard[0] as { readonly returnKey?: object }).returnKey, known);
    child.say({ ...done(at + 1), ...(learned === undefined ? {} : { returnKey: learned }) } as FromCourier);
    await errand;
    courier.rest();
  }
});

test('the length of segments that one courier found to come through is known to the next one, and kept by those that found nothing', async (t) => {
  const { courier, children, segments } = open();
  const first = courier.judge(desired, never);
  children[0]!.say({ kind: 'ready' });
  children[0]!.say({ ...done(1), areSegmentsShort: true } as FromCourier);
  await first;
  t.true(segments.areShort);
  courier.rest();
  const second = courier.judge(desired, never);
  children[1]!.say({ kind: 'ready' });
  t.like(children[1]!.heard[0], { kind: 'errand', areSegmentsShort: true });
  children[1]!.say(done(2));
  await second;
  t.true(segments.areShort);
});

test('a courier that ends loses its errand, and what it unpacked then is not tried again', async (t) => {
  const { courier, children } = open();
  const bringing = courier.bring(errand, () => {}, never);
  children[0]!.say({ kind: 'ready' });
  children[0]!.say({ kind: 'unpacking', sha256: 'abc' });
  children[0]!.end({ code: undefined, signal: 'SIGKILL' });
  const { memory, result } = await bringing;
  t.deepEqual(memory.spoilt, ['abc']);
  t.true(result.kind === 'failed' && !result.isLink && /SIGKILL while it unpacked/.test(result.problem.message));
  const again = courier.bring({ ...errand, memory }, () => {}, never);
  children[1]!.say({ kind: 'ready' });
  children[1]!.say({ kind: 'unpacking', sha256: 'def' });
  children[1]!.say({ kind: 'unpacking' });
  children[1]!.end({ code: 1, signal: undefined });
  t.deepEqual((await again).memory.spoilt, ['abc']);
});

test('a courier that cannot be started costs its errand, and the next errand starts another', async (t) => {
  const fault = 'spawn ENOMEM';
  const { courier, children } = open(() => {}, [{ code: 127, signal: undefined, fault }]);
  t.like(await courier.judge(desired, never), {
    kind: 'failed',
    isLink: false,
    problem: { code: 'COURIER_ENDED', message: 'the process that fetches ended by spawn ENOMEM' },
  });
  const again = courier.judge(desired, never);
  children[1]!.say({ kind: 'ready' });
  children[1]!.say(done(2));
  t.is((await again).kind, 'refused');
});

test('a courier that hangs is ended, with what it unpacked; one that speaks now and then is not', async (t) => {
  const { courier, children, time } = open();
  const bringing = courier.bring(errand, () => {}, never);
  const [child] = children;
  child!.say({ kind: 'ready' });
  for (let minutes = 20; minutes <= 80; minutes += 20) {
    await time.runUntil(minutes * 60_000);
    child!.say({ kind: 'received', bytes: 1 });
  }
  child!.say({ kind: 'unpacking', sha256: 'abc' });
  t.false(child!.killed);
  await time.runUntil(111 * 60_000);
  t.true(child!.killed);
  const { memory, result } = await bringing;
  t.deepEqual(memory.spoilt, ['abc']);
  t.like(result, { kind: 'failed', problem: { code: 'COURIER_ENDED' } });
});

test('a courier that hangs is ended however often something else is asked of it meanwhile', async (t) => {
  const { courier, children, time } = open();
  const bringing = courier.bring(errand, () => {}, never);
  children[0]!.say({ kind: 'ready' });
  for (let minutes = 0; minutes <= 25; minutes += 5) {
    await time.runUntil(minutes * 60_000);
    void courier.judge(desired, never);
  }
  await time.runUntil(31 * 60_000);
  t.true(children[0]!.killed);
  t.like((await bringing).result, { kind: 'failed', problem: { code: 'COURIER_ENDED' } });
  t.is(children.length, 1);
});

test('an errand that is given up before the courier is ready never goes out; after that the courier ends it', async (t) => {
  const { courier, children } = open();
  const early = new AbortController();
  const late = new AbortController();
  const given = courier.judge(desired, early.signal);
  const kept = courier.judge(desired, late.signal);
  early.abort();
  t.is((await given).kind, 'failed');
  children[0]!.say({ kind: 'ready' });
  late.abort();
  t.deepEqual(
    children[0]!.heard.map(({ kind, id }) => [kind, id]),
    [
      ['errand', 2],
      ['abort', 2],
    ],
  );
  children[0]!.say(done(2));
  t.is((await kept).kind, 'refused');
  const over = await courier.judge(desired, early.signal);
  t.is(over.kind, 'failed', 'nor does one that was given up before it began');
});

test('a courier without an errand is ended, and the next errand gets another one at once', async (t) => {
  const { courier, children, time } = open();
  const judging = courier.judge(desired, never);
  children[0]!.say({ kind: 'ready' });
  children[0]!.say(done(1));
  await judging;
  await time.runUntil(9_000);
  t.false(children[0]!.killed);
  await time.runUntil(11_000);
  t.true(children[0]!.killed);
  const next = courier.judge(desired, never);
  t.is(children.length, 2);
  children[0]!.end({ code: undefined, signal: 'SIGKILL' });
  children[1]!.say({ kind: 'ready' });
  children[1]!.say(done(2));
  t.is((await next).kind, 'refused', 'the end of the one before is no news');
  await time.runUntil(30_000);
  t.true(children[1]!.killed);
});

test('what the disk does not take down is not acted on', async (t) => {
  const { courier, children } = open(() => {
    throw new DiskError('NO_SPACE', '/state/ledger', 'no space');
  });
  const judging = courier.judge(desired, never);
  children[0]!.say({ kind: 'ready' });
  children[0]!.say({ kind: 'signed', atMs: 9 });
  children[0]!.say(done(1));
  const verdict = await judging;
  t.true(verdict.kind === 'failed' && verdict.problem.code === 'DISK_FULL');
  const next = courier.judge(desired, never);
  children[0]!.say(done(2));
  t.is((await next).kind, 'refused');
});

test('what the disk did not take down fails no errand of the next courier', async (t) => {
  let isFull = true;
  const { courier, children } = open(() => {
    if (isFull) throw new DiskError('NO_SPACE', '/state/ledger', 'no space');
  });
  const judging = courier.judge(desired, never);
  children[0]!.say({ kind: 'ready' });
  children[0]!.say({ kind: 'signed', atMs: 9 });
  children[0]!.end({ code: undefined, signal: 'SIGKILL' });
  t.is((await judging).kind, 'failed');
  isFull = false;
  const next = courier.judge(desired, never);
  children[1]!.say({ kind: 'ready' });
  children[1]!.say(done(2));
  t.is((await next).kind, 'refused');
});

test('no courier is started before that is due, and none for an errand that was given up meanwhile', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { courier, children } = open(
    () => {},
    [],
    () => promise,
  );
  const givenUp = new AbortController();
  const first = courier.judge(desired, givenUp.signal);
  givenUp.abort();
  t.like(await first, { problem: { code: 'ABORTED' } });
  const second = courier.judge(desired, never);
  t.is(children.length, 0);
  resolve();
  await promise;
  t.is(children.length, 1);
  children[0]!.say({ kind: 'ready' });
  children[0]!.say(done(2));
  t.like(await second, { kind: 'refused' });
});

test('a courier that is not waited for more ends at once, unless something is asked of it', async (t) => {
  const { courier, children } = open();
  const asked = courier.judge(desired, never);
  children[0]!.say({ kind: 'ready' });
  courier.rest();
  t.false(children[0]!.killed);
  children[0]!.say(done(1));
  await asked;
  courier.rest();
  t.true(children[0]!.killed);
});

test('what a courier orders is ordered over the session, and its answer is for nobody but that courier', async (t) => {
  const { courier, children, ordered } = open();
  void courier.judge(desired, never);
  children[0]!.say({ kind: 'ready' });
  children[0]!.say({ kind: 'order', id: 3, order: Buffer.from('words').toString('base64') });
  ordered.resolve(Buffer.from('parcel'));
  await ordered.promise;
  const parcel = Buffer.from('parcel').toString('base64');
  t.deepEqual(children[0]!.heard.at(-1), { kind: 'parcel', id: 3, parcel });
  children[0]!.say({ kind: 'order', id: 4, order: '' });
  children[0]!.end({ code: 1, signal: undefined });
  await ordered.promise;
  t.is(children[0]!.heard.length, 2);
});
