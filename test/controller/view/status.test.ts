import test from 'ava';
import type { Limits } from '../../../controller/access/caller.ts';
import type { Context } from '../../../controller/engine/context.ts';
import { Image } from '../../../controller/engine/image.ts';
import type { FinishedRollout } from '../../../controller/planning/rollout/rollout.ts';
import { type StatusInputs, statusDocument } from '../../../controller/view/status.ts';
import { parseStatusQuery } from '../../../controller/view/status-query.ts';
import { View } from '../../../controller/view/view.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { Turn } from '../../../platform/turn.ts';
import type { Refusal } from '../../../schemas/generated/types.ts';
import { isStatusDocument } from '../../../schemas/generated/validators/status.js';
import { fleetOf, namedDevice, noRollouts } from '../engine/test-engine.ts';

const start = Date.parse('2026-03-01T00:00:00Z');
const key = `SHA256:${'A'.repeat(43)}`;
const source = { location: 'x', branch: 'main', state: 'current', problems: [] } as const;

function fleetOfNumber(device: string, fleets: readonly string[]): { readonly fleet?: string } {
  const fleet = fleets.find((name) => name.split('-')[1] === device.split('-')[1]);
  return fleet === undefined ? {} : { fleet };
}

/** A view over some devices, all of the same key, that were heard when `heardAt` says; in the fleet of their number. */
function viewOf(
  heardAt: Readonly<Record<string, number | undefined>>,
  fleetNames: readonly string[] = [],
  failed: readonly string[] = [],
) {
  const time = new SimTime(start);
  const clock = time.clock({ alive: true });
  const image = new Image({ read: async () => [] });
  for (const [name, contactAt] of Object.entries(heardAt)) {
    if (contactAt !== undefined) image.apply({ kind: 'device', name, record: { ...image.device(name), contactAt } });
  }
  for (const name of failed) {
    const dropped = { code: 'REPORT_LATE', message: 'late', since: start };
    image.apply({ kind: 'device', name, record: { ...image.device(name), dropped } });
  }
  const desired = fleetOf(
    Object.keys(heardAt).map((name, at) => ({
      ...namedDevice(name, key),
      ...(at % 2 === 0 ? { site: 'even' } : { site: 'odd' }),
      ...fleetOfNumber(name, fleetNames),
      labels: { kind: at % 2 === 0 ? 'ship' : 'truck' },
    })),
  );
  const sites = new Map(['even', 'odd'].map((name) => [name, {} as never]));
  const fleets = new Map(fleetNames.map((name) => [name, { spec: { applications: [] } } as never]));
  const heard = new Map<string, number>();
  const context = (): Context => ({
    ...{
      desired: { ...desired, sites, fleets },
      revision: 'a',
      isBranchSeen: true,
      rollouts: noRollouts,
      keyId: 'key',
      links: undefined,
      heard,
      now: clock.now(),
    },
  });
  const refusals: Refusal[] = [];
  const view = new View({ clock, image, context });
  view.touch(undefined);
  const inputs = (turn: StatusInputs['turn'] = new Turn(clock)): StatusInputs => ({
    ...{ turn, view, image, refusals, source: { ...source, problems: [] }, context: context() },
  });
  const status = async (query = '', turn?: StatusInputs['turn']) => {
    await view.settled();
    return statusDocument(inputs(turn), parseStatusQuery(new URLSearchParams(query)));
  };
  return { time, refusals, view, status, image, heard, inputs };
}

async function refusalsWhen(contactAt: number | undefined, refusal: Partial<Refusal>): Promise<number> {
  const { refusals, status } = viewOf({ buoy: contactAt });
  const at = new Date(start - 60_000).toISOString();
  refusals.push({ at, device: 'buoy', keyFingerprint: key, code: 'DEVICE_WITHOUT_KEY', message: 'no key', ...refusal });
  return (await status()).refusals.length;
}

test('a refusal is over once the device was heard with the key that git names', async (t) => {
  t.is(await refusalsWhen(undefined, {}), 1);
  t.is(await refusalsWhen(start - 120_000, {}), 1, 'heard before, refused since');
  t.is(await refusalsWhen(start, {}), 0);
  const ahead = new Date(start + 72 * 365 * 86_400_000).toISOString();
  t.is(await refusalsWhen(start - 120_000, { at: ahead }), 0, 'written down by a clock that ran ahead');
  t.is(await refusalsWhen(undefined, { at: ahead }), 1);
});

test('another key that claims the name, or none, goes on being told of', async (t) => {
  t.is(await refusalsWhen(start, { keyFingerprint: `SHA256:${'B'.repeat(43)}` }), 1);
  t.is(await refusalsWhen(start, { device: 'stranger' }), 1);
});

test('a device that falls silent turns dark by a timer, in counts and in the feed', async (t) => {
  const { time, view, status } = viewOf({ buoy: start, other: start });
  t.is((await status()).tally.dark, 0);
  const changes: unknown[] = [];
  view.listen(({ device, state }) => changes.push([device, state]));
  await time.runUntil(start + 3_600_000);
  t.deepEqual(changes, []);
  await time.runUntil(start + 3_600_002);
  t.deepEqual(changes.toSorted(), [
    ['buoy', 'dark'],
    ['other', 'dark'],
  ]);
  t.is(view.summary.tally.dark, 2);
});

test('a large fleet is summed up; its devices come page by page', async (t) => {
  const names = Array.from({ length: 500 }, (_, at) => `device-${String(at).padStart(3, '0')}`);
  const { status } = viewOf(Object.fromEntries(names.map((name) => [name, undefined])));
  const summary = await status();
  t.true(isStatusDocument(summary), JSON.stringify(isStatusDocument.errors));
  t.is(summary.tally.unknown, 500);
  t.is(summary.devices.length, 8);
  t.is(summary.devicesOmitted, 492);
  t.deepEqual(
    summary.sites.map(({ tally }) => tally.unknown),
    [250, 250],
  );
  const seen: string[] = [];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page = await status(`limit=150&after=${after}`);
    seen.push(...page.devices.map(({ name }) => name));
    after = page.next;
  }
  t.deepEqual(seen, names);
});

test('rows are told where they are asked for: of devices with their page, of fleets with the first, and the contact of a device that is not written down yet', async (t) => {
  const names = ['buoy-1', 'buoy-2', 'buoy-3'];
  const { status, image, heard } = viewOf(Object.fromEntries(names.map((name) => [name, start - 60_000])), ['a-1']);
  t.is((await status()).rows, undefined);
  const definition = { fleet: 'a-1', probationSeconds: 30, applications: [], hash: 'f'.repeat(64) };
  image.apply({ kind: 'definition', fleet: 'a-1', definition });
  const over = {
    ...{
      fleet: 'a-1',
      target: 'f'.repeat(64),
      revision: 'c'.repeat(40),
      subject: 'Pump',
      startedAt: start,
      finishedAt: start,
    },
    ...{ wave: 0, waveStartedAt: start, approved: [], acts: [], events: [] },
    reason: { code: 'DONE', message: 'it is over' },
  };
  const rollouts = [3, 2, 1].map((number): FinishedRollout => ({ ...over, number, state: 'done', outcome: 'done' }));
  image.apply({ kind: 'finished', fleet: 'a-1', rollouts });
  image.apply({
    kind: 'owed',
    owed: { kind: 'issue', subject: 'buoy-3', since: start, attempts: 2, dueAt: start, failure: 'full' },
    settled: false,
  });
  heard.set('buoy-1', start);
  const [first, last] = [await status('limit=2&rows=true'), await status('limit=2&after=buoy-2&rows=true')];
  t.true(isStatusDocument(first), JSON.stringify(isStatusDocument.errors));
  const keysOf = ({ rows = [] }: typeof first) => rows.map(({ room, key }) => `${room}/${key}`);
  t.deepEqual(keysOf(first), [
    'forgotten/rollouts',
    'definition/a-1',
    'finished/a-1',
    'device/buoy-1',
    'device/buoy-2',
  ]);
  t.deepEqual(keysOf(last), ['device/buoy-3', 'owed/issue buoy-3']);
  // What a device was brought is looked for in all of them.
  t.deepEqual(JSON.parse(first.rows!.find(({ room }) => room === 'finished')!.value), rollouts);
  t.is(JSON.parse(first.rows!.find(({ key }) => key === 'buoy-1')!.value).contactAt, start);
  t.is(JSON.parse(first.rows!.find(({ key }) => key === 'buoy-2')!.value).contactAt, start - 60_000);
  t.throws(() => parseStatusQuery(new URLSearchParams('rows=1')), { message: /rows "1" is not true/ });
});

test('of a large fleet a device that failed is shown before all that are dark, and so are its fleet and those with its labels', async (t) => {
  const names = Array.from({ length: 240 }, (_, at) => `device-${String(at).padStart(3, '0')}`);
  const fleets = Array.from({ length: 120 }, (_, at) => `fleet-${String(at + 110).padStart(3, '0')}`);
  const heardAt = Object.fromEntries(names.map((name) => [name, name === 'device-200' ? start : start - 1e8]));
  const { status } = viewOf(heardAt, fleets, ['device-200']);
  for (const query of ['', 'selector=kind']) {
    const { tally, devices, fleets: shown } = await status(query);
    t.is(tally.failed, 1);
    t.deepEqual(
      devices.slice(0, 2).map(({ name, state }) => [name, state]),
      [
        ['device-200', 'failed'],
        ['device-000', 'dark'],
      ],
    );
    t.is(shown[0]?.name, 'fleet-200');
  }
});

test('of more fleets than fit, those that are not well are shown first', async (t) => {
  const fleets = Array.from({ length: 120 }, (_, at) => `fleet-${String(at).padStart(3, '0')}`);
  const { status } = viewOf({ 'device-119': start, 'device-118': undefined }, fleets);
  const { fleets: shown, fleetsOmitted } = await status();
  t.is(shown.length, 100);
  t.is(fleetsOmitted, 20);
  t.deepEqual(
    shown.slice(0, 3).map(({ name }) => name),
    ['fleet-118', 'fleet-119', 'fleet-000'],
  );
});

test('what is asked for is counted, and nothing else', async (t) => {
  const { status } = viewOf({ a: start, b: undefined, c: start });
  const ships = await status('selector=kind%3Dship');
  t.deepEqual(
    ships.devices.map(({ name }) => name),
    ['a', 'c'],
  );
  t.is(ships.tally.unknown, 0);
  t.deepEqual(
    ships.sites.map(({ name, tally }) => [name, tally.desired]),
    [['even', 2]],
  );
  const one = await status('target=device/b');
  t.is(one.tally.desired, 1);
  t.is(one.state, 'stale');
});

test('a question for which every device is looked at gives everybody else a turn whenever its own is over', async (t) => {
  const names = Array.from({ length: 300 }, (_, at) => `device-${String(at).padStart(3, '0')}`);
  const { status } = viewOf(Object.fromEntries(names.map((name) => [name, undefined])));
  let pauses = 0;
  const pause = async () => {
    pauses += 1;
  };
  const ships = await status('selector=kind%3Dship&limit=10', { isOver: () => true, pause });
  t.deepEqual([ships.tally.desired, ships.devices.length, pauses], [150, 10, 300]);
});

test('a question that makes no sense is refused, and what is not there is said to be missing', async (t) => {
  const { status } = viewOf({ buoy: start });
  await t.throwsAsync(status('target=ship/x'), { name: 'BadQuery' });
  await t.throwsAsync(status('limit=0'), { name: 'BadQuery' });
  await t.throwsAsync(status('colour=red'), { name: 'BadQuery', message: /colour/ });
  await t.throwsAsync(status('target=device/bouy'), { name: 'NothingThere', message: /device\/buoy/ });
  await t.throwsAsync(status('selector=kind%3Dplane'), { name: 'NothingThere' });
});

test('of a whole fleet that is otherwise, who changed for another reason too is looked at once', async (t) => {
  const names = Array.from({ length: 600 }, (_, at) => `device-${at}`);
  const { time, view } = viewOf(Object.fromEntries(names.map((name) => [name, start])));
  const told: (string | undefined)[] = [];
  view.listen(({ device }) => told.push(device));
  view.touch(['device-599']);
  await time.runUntil(start + 1_000);
  t.is(told.length, 600);
  t.is(told[0], 'device-599');
  t.is(view.summary.tally.desired, 600);
});

test('who missed changes is told those that are remembered, or that some are not', async (t) => {
  const { view, status } = viewOf({ buoy: start });
  await status();
  const last = view.changeId;
  view.touch(['buoy']);
  await view.settled();
  t.deepEqual(
    view.changesSince(last)?.map(({ device }) => device),
    ['buoy'],
  );
  t.deepEqual(view.changesSince(view.changeId), []);
  t.is(view.changesSince(last - 1_000_000), undefined, 'of an earlier life');
  const first = start * 1_000;
  t.is(view.changesSince(first)?.length, view.changeId - first, 'all of this life');
  t.is(view.changesSince(first - 1), undefined, 'one before them');
  t.is(view.changesSince(view.changeId + 1), undefined);
});

test('some devices are asked for by name, and nobody is missed that is not known', async (t) => {
  const { status } = viewOf({ a: start, b: start, c: start });
  const some = await status('devices=c,a,nobody&limit=100');
  t.deepEqual(
    some.devices.map(({ name }) => name),
    ['a', 'c'],
  );
  t.is(some.tally.desired, 2);
  t.throws(() => parseStatusQuery(new URLSearchParams({ devices: Array.from({ length: 101 }, () => 'x').join() })), {
    message: /more than 100 names/,
  });
});

test('what happened on devices comes with a page where it is asked for, and no other word than true asks for it', (t) => {
  t.is(parseStatusQuery(new URLSearchParams('limit=5&events=true')).withEvents, true);
  t.is(parseStatusQuery(new URLSearchParams('limit=5')).withEvents, undefined);
  t.throws(() => parseStatusQuery(new URLSearchParams('events=1')), {
    message: /events "1" is not true; leave it out/,
  });
});

test('who is limited to fleets or sites is told of these alone, whatever the question', async (t) => {
  const { view, refusals, inputs } = viewOf({ 'a-1': start, 'b-2': start, 'c-1': start }, ['f-1', 'f-2']);
  await view.settled();
  const refused = { at: new Date(start).toISOString(), code: 'DEVICE_WITHOUT_KEY', message: 'no key' };
  refusals.push({ ...refused, device: 'a-1' }, { ...refused, device: 'b-2' }, { ...refused, device: 'stranger' });
  const ask = (query: string, within: Limits) =>
    statusDocument(inputs(), { ...parseStatusQuery(new URLSearchParams(query)), within });
  const ships = await ask('', { fleets: ['f-1'] });
  t.deepEqual(
    [ships.fleets, ships.devices, ships.refusals].map((all) =>
      all.map((one) => ('device' in one ? one.device : 'name' in one && one.name)),
    ),
    [['f-1'], ['a-1', 'c-1'], ['a-1']],
  );
  t.is(ships.tally.desired, 2);
  t.deepEqual((await ask('', { fleets: ['f-1'], sites: ['odd'] })).devices, [], 'of both at once there is none');
  t.is((await ask('devices=a-1,b-2', { fleets: ['f-1'] })).tally.desired, 1);
  for (const other of ['device/b-2', 'fleet/f-2', 'site/odd'])
    await t.throwsAsync(ask(`target=${other}`, { fleets: ['f-1'] }), {
      name: 'NothingThere',
      message: /^there is no \w+ "[^"]+" in the revision in force$/,
    });
  t.is((await ask('target=site/even', { fleets: ['f-1'] })).tally.desired, 2);
});
