import test from 'ava';
import type { Context } from '../../../controller/engine/context.ts';
import { noShadow, withReport } from '../../../controller/engine/device-shadow.ts';
import { Image } from '../../../controller/engine/image.ts';
import { withSilence } from '../../../controller/planning/contact-history.ts';
import type { JsonObject } from '../../../controller/shadow/document.ts';
import { statusDocument } from '../../../controller/view/status.ts';
import { parseStatusQuery } from '../../../controller/view/status-query.ts';
import { View } from '../../../controller/view/view.ts';
import { SimTime } from '../../../platform/simulated/clock.ts';
import { Turn } from '../../../platform/turn.ts';
import { isStatusDocument } from '../../../schemas/generated/validators/status.js';
import { fleetOf, namedDevice, noRollouts, reportOf } from '../engine/test-engine.ts';

const start = Date.parse('2026-03-01T00:00:00Z');
const hourMs = 3_600_000;
const key = `SHA256:${'A'.repeat(43)}`;
const sixHours = Array.from({ length: 40 }, () => 5 * hourMs).reduce(withSilence, '');

interface Told {
  readonly silences?: string;
  readonly connected?: boolean;
  /** The newest deployment that it has seen, of 2; absent of one that was never heard. */
  readonly seen?: number;
}

/** The status of the fleet `ships` of these devices, heard an hour ago. */
async function statusOf(devices: readonly Told[], query = '') {
  const clock = new SimTime(start).clock({ alive: true });
  const image = new Image({ read: async () => [] });
  const names = devices.map((_, at) => `ship-${at}`);
  for (const [at, { silences, seen }] of devices.entries()) {
    const issued = { sequence: 2, revision: 'a'.repeat(40), issuedAt: start, templateHash: '', applications: [] };
    if (seen === undefined) continue;
    const bare = { shadow: noShadow, issued, contactAt: start - hourMs, ...(silences && { silences }) };
    const state = reportOf(1, { highestSequence: seen }) as unknown as JsonObject;
    const { record, document } = withReport(names[at]!, bare, 1, { state, at: 0 });
    image.apply({ kind: 'device', name: names[at]!, record });
    image.apply(document);
  }
  const links = new Map(devices.map(({ connected = false }, at) => [names[at]!, { connected, since: start }]));
  const desired = fleetOf(names.map((name) => ({ ...namedDevice(name, key), fleet: 'ships' })));
  const fleets = new Map([['ships', { spec: { applications: [] } } as never]]);
  const context = (): Context => ({
    ...{ desired: { ...desired, fleets }, revision: 'a', isBranchSeen: true, keyId: 'key', links, heard: new Map() },
    ...{ rollouts: noRollouts, now: clock.now() },
  });
  const view = new View({ clock, image, context });
  view.touch(undefined);
  await view.settled();
  const source = { location: 'x', branch: 'main', state: 'current', problems: [] } as const;
  const document = await statusDocument(
    { turn: new Turn(clock), view, image, refusals: [], source: { ...source, problems: [] }, context: context() },
    parseStatusQuery(new URLSearchParams(query)),
  );
  if (!isStatusDocument(document)) throw new Error(JSON.stringify(isStatusDocument.errors));
  return document.fleets[0]!.forecast;
}

const known: Told = { silences: sixHours, seen: 1 };

test('of a fleet those count as waiting that are not connected and have not seen their newest deployment', async (t) => {
  const well: readonly Told[] = [
    { silences: sixHours, seen: 2 },
    { seen: 1, connected: true },
  ];
  t.is(await statusOf(well), undefined);
  const forecast = await statusOf([...well, known, { seen: 1 }]);
  t.like(forecast, { devices: 4, waiting: 2, withoutBasis: 1 });
  t.deepEqual(
    forecast!.shares.map(({ percent, by }) => [percent, by !== undefined]),
    [[100, false]],
  );
});

test('a device that was never heard is not waited for, and nobody waits for it', async (t) => {
  t.is(await statusOf([{}, {}]), undefined);
  const forecast = await statusOf([{}, {}, known, { seen: 2 }]);
  t.like(forecast, { devices: 2, waiting: 1, withoutBasis: 0 });
  t.deepEqual(
    forecast!.shares.map(({ percent, by }) => [percent, by !== undefined]),
    [[100, true]],
  );
});

test('shares of the fleet that are heard already are not foretold, and those that are not come in order', async (t) => {
  const fleet: readonly Told[] = [...Array.from({ length: 30 }, () => known), { seen: 2 }, { seen: 2 }];
  const forecast = await statusOf(fleet, 'target=fleet/ships');
  t.deepEqual(
    forecast!.shares.map(({ percent }) => percent),
    [50, 95, 100],
  );
  const [half, most] = forecast!.shares;
  t.true(half!.by! >= new Date(start).toISOString() && half!.by! <= half!.surelyBy!);
  t.true(half!.by! < most!.by!);
  t.true(Date.parse(half!.by!) < start + 5 * hourMs);
});

test('a large fleet is looked at where it is asked for, and no other question has everybody looked at', async (t) => {
  const fleet: readonly Told[] = Array.from({ length: 250 }, () => known);
  t.is(await statusOf(fleet), undefined);
  t.like(await statusOf(fleet, 'target=fleet/ships'), { waiting: 250, withoutBasis: 0 });
  t.is(await statusOf(fleet, 'target=fleet/ships&after=ship-1'), undefined);
  t.is(await statusOf(fleet, 'target=device/ship-1'), undefined);
});
