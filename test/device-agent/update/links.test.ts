import test from 'ava';
import type { DeployedLink } from '../../../schemas/generated/types.ts';
import type { Ship } from '../ship.ts';
import { moduleBytes, sha256 } from '../shore.ts';
import { gauge1, gauge2, horn1, proved } from './proved-ship.ts';

const day = 86_400;

const big = { name: 'gauge', version: '9.0.0', bytes: moduleBytes('gauge of many bytes', 400_000) };

function onSat(terms: Partial<DeployedLink>): { readonly links: DeployedLink[] } {
  return { links: [{ name: 'vsat', interface: 'sat*', ...terms }] };
}

/** A ship at sea: it runs gauge 1 and horn 1, and its satellite link is the only one. */
async function atSea(): Promise<Ship> {
  const ship = await proved();
  ship.shore.release(big);
  ship.surroundings.wayOut = 'sat0';
  return ship;
}

/** Bytes of blobs that the shore was asked for. */
function bytesAsked(ship: Ship): number {
  return ship.link.bytesDown;
}

test('a link that carries deltas alone brings no whole module; one that carries them does, once it leads out', async (t) => {
  const ship = await atSea();
  const before = bytesAsked(ship);
  ship.want(ship.shore.desired(2, [gauge2, horn1], onSat({ carries: ['delta'] })));
  await ship.run(2 * 3600);
  t.like(ship.report.problem, {
    code: 'LINK_CARRIES',
    message: 'link vsat carries no whole modules, and none of the deltas is there',
  });
  t.true(bytesAsked(ship) - before < 12_000, 'metadata and indexes alone');
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  ship.surroundings.wayOut = 'wlan0';
  ship.link.set(false);
  await ship.run(10);
  ship.link.set(true);
  await ship.run(120);
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
  t.is(ship.report.problem, undefined);
});

test('a link for control alone lets a device wait for another with a module, and not with what needs none', async (t) => {
  const ship = await atSea();
  ship.want(ship.shore.desired(2, [gauge2, horn1], onSat({ carries: ['control'] })));
  await ship.run(3600);
  t.is(ship.report.phase, 'waiting');
  t.like(ship.report.waiting, { to: 'fetch', code: 'LINK_CARRIES' });
  t.is(ship.report.waiting?.message, 'waits to fetch by another link: link vsat carries no modules');
  ship.want(ship.shore.desired(3, [horn1], onSat({ carries: ['control'] })));
  await ship.run(60);
  t.deepEqual(ship.running(), ['horn 1.0.0']);
});

test('over its budget a device waits until the next begins, through power cuts, and takes up what it had', async (t) => {
  const ship = await atSea();
  const before = bytesAsked(ship);
  const links = onSat({ budget: { bytes: 200_000, per: 'day' } });
  ship.want(ship.shore.desired(2, [big, horn1], links));
  const days: number[] = [];
  for (let count = 0; count < 2; count++) {
    await ship.run(3600);
    t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
    t.like(ship.report.waiting, { to: 'fetch', code: 'LINK_BUDGET' });
    days.push(bytesAsked(ship) - before);
    ship.cutPower(() => 0);
    ship.boot();
    await ship.run(day - 3600);
  }
  await ship.run(3600);
  t.deepEqual(ship.running(), ['gauge 9.0.0', 'horn 1.0.0']);
  for (const [at, bytes] of days.entries()) t.true(bytes <= 200_000 * (at + 1) + 64 * 1024, `${bytes} by day ${at}`);
  t.true(days[0]! > 150_000, `${days}`);
});

test('another link that has no budget brings at once what the first may bring tomorrow', async (t) => {
  const ship = await atSea();
  const links = [...onSat({ budget: { bytes: 100_000, per: 'month' } }).links, { name: 'port', interface: 'wlan*' }];
  ship.want(ship.shore.desired(2, [big, horn1], { links }));
  await ship.run(3600);
  t.like(ship.report.waiting, { code: 'LINK_BUDGET' });
  ship.surroundings.wayOut = 'wlan1';
  await ship.run(120);
  t.deepEqual(ship.running(), ['gauge 9.0.0', 'horn 1.0.0']);
});

test('a deployment that raises a budget is not held back by the old one', async (t) => {
  const ship = await atSea();
  ship.want(ship.shore.desired(2, [big, horn1], onSat({ budget: { bytes: 100_000, per: 'month' } })));
  await ship.run(3600);
  t.like(ship.report.waiting, { code: 'LINK_BUDGET' });
  ship.want(ship.shore.desired(3, [big, horn1], onSat({ budget: { bytes: 5_000_000, per: 'month' } })));
  await ship.run(120);
  t.deepEqual(ship.running(), ['gauge 9.0.0', 'horn 1.0.0']);
});

test('it reports what it counted on each link since when, against the budget, and which one leads out', async (t) => {
  const ship = await atSea();
  const links = [...onSat({ budget: { bytes: 5_000_000, per: 'month' } }).links, { name: 'port', interface: 'wlan*' }];
  ship.want(ship.shore.desired(2, [gauge2, horn1], { links }));
  await ship.run(120);
  ship.surroundings.wayOut = 'wlan0';
  const [vsat, port] = ship.report.links ?? [];
  t.like(vsat, { name: 'vsat', budget: { used: vsat!.bytes, bytes: 5_000_000, per: 'month' } });
  t.true(vsat!.bytes > 8_000 && vsat!.bytes < 20_000, `${vsat!.bytes}`);
  t.regex(vsat!.since ?? '', /^2026-03-01T/);
  t.regex(vsat!.modulesAt ?? '', /^2026-03-01T/);
  t.deepEqual(port, { name: 'port', leadsOut: true, bytes: 0 });
  ship.want(ship.shore.desired(3, [gauge2]));
  await ship.run(120);
  t.is(ship.report.links, undefined);
});

test('it reports how fast modules come over a link, by what it saw of them', async (t) => {
  const ship = await atSea();
  Object.assign(ship.link, { quality: { ...ship.link.quality, bytesPerSecond: 16_000 } });
  ship.want(ship.shore.desired(2, [big, horn1], onSat({ budget: { bytes: 5_000_000, per: 'month' } })));
  await ship.run(120);
  t.deepEqual(ship.running(), ['gauge 9.0.0', 'horn 1.0.0']);
  const { bitsPerSecond = 0 } = ship.report.links![0]!;
  t.true(bitsPerSecond > 120_000 && bitsPerSecond < 136_000, `${bitsPerSecond}`);
});

test('where a router chooses the link a fact tells which it is; one that says nothing is taken for the one with terms', async (t) => {
  const ship = await atSea();
  const told = (is: string) => ({ fact: { name: 'uplink', is, maxAgeSeconds: 300 } });
  const links = [
    { name: 'vsat', carries: ['control'] as ['control'], ...told('vsat') },
    { name: 'port', ...told('port') },
  ];
  ship.surroundings.wayOut = 'eth0';
  ship.want(ship.shore.desired(2, [gauge2, horn1], { links }));
  await ship.run(60);
  t.like(ship.report.waiting, { code: 'LINK_CARRIES' }, 'nothing said');
  ship.tell('uplink', 'vsat');
  await ship.run(60);
  t.like(ship.report.waiting, { code: 'LINK_CARRIES' });
  ship.tell('uplink', 'port');
  await ship.run(30);
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
  t.deepEqual(
    ship.report.links?.map(({ name, leadsOut }) => [name, leadsOut]),
    [
      ['vsat', undefined],
      ['port', true],
    ],
  );
});

test('over a link with hours modules come in these, and over another at any time', async (t) => {
  const ship = await atSea();
  const links = onSat({ fetch: [{ cron: '0 2 * * *', seconds: 3600, timeZone: 'UTC' }] });
  ship.want(ship.shore.desired(2, [gauge2, horn1], links));
  await ship.run(3600);
  t.like(ship.report.waiting, { to: 'fetch', code: 'LINK_WINDOW', opensAt: '2026-03-01T02:00:00.000Z' });
  t.regex(ship.report.waiting?.message ?? '', /^on link vsat it waits for a window to fetch: "0 2 \* \* \*" for 1h/);
  await ship.run(3600);
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
  await ship.run(2 * 3600);
  ship.want(ship.shore.desired(3, [big, horn1], links));
  await ship.run(60);
  t.like(ship.report.waiting, { code: 'LINK_WINDOW' });
  ship.surroundings.wayOut = 'wlan0';
  await ship.run(120);
  t.deepEqual(ship.running(), ['gauge 9.0.0', 'horn 1.0.0']);
});

test('a module that is damaged on the disk is not mended over a link that may not carry it', async (t) => {
  const ship = await atSea();
  ship.want(ship.shore.desired(2, [gauge1, horn1], onSat({ carries: ['control'] })));
  await ship.run(60);
  t.is(ship.report.running?.sequence, 2);
  ship.disk.flipBit(`/state/sha256/${sha256(gauge1.bytes)}`, 4000);
  const before = bytesAsked(ship);
  ship.cutPower(() => 0);
  ship.boot();
  await ship.run(1800);
  t.true(bytesAsked(ship) - before < 12_000);
  ship.surroundings.wayOut = 'wlan0';
  await ship.run(2 * 3600);
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
});

const vsatAndPort = (
  vsat: Partial<DeployedLink>,
  port: Partial<DeployedLink> = {},
): { readonly links: DeployedLink[] } => ({
  links: [
    { name: 'vsat', interface: 'sat*', ...vsat },
    { name: 'port', interface: 'wlan*', ...port },
  ],
});

/** The names of the links that something of a module came over. */
function broughtOver(ship: Ship): readonly string[] {
  return (ship.report.links ?? []).flatMap(({ name, modulesAt }) => (modulesAt === undefined ? [] : [name]));
}

test('of two links that are up, what leads out stays for control where it may carry no module, and the other one brings it', async (t) => {
  const ship = await atSea();
  ship.surroundings.others = ['wlan0'];
  ship.want(ship.shore.desired(2, [gauge2, horn1], vsatAndPort({ carries: ['control'] })));
  await ship.run(60);
  t.deepEqual(ship.running(), ['gauge 2.0.0', 'horn 1.0.0']);
  t.deepEqual(broughtOver(ship), ['port']);
  const [vsat, port] = ship.report.links!;
  t.true(vsat!.leadsOut);
  t.true(vsat!.bytes > 1_000 && port!.bytes < gauge2.bytes.length * 1.1, `${vsat!.bytes} beside ${port!.bytes}`);
});

test('a module goes over the cheaper of two links that may carry it, and over the other where nothing comes of that', async (t) => {
  const ship = await atSea();
  ship.surroundings.others = ['wlan0'];
  const links = vsatAndPort({ dearness: 1 });
  ship.want(ship.shore.desired(2, [gauge2, horn1], links));
  await ship.run(60);
  t.deepEqual([ship.running()[0], broughtOver(ship)], ['gauge 2.0.0', ['port']]);
  ship.deadInterfaces.add('wlan0');
  ship.want(ship.shore.desired(3, [big, horn1], links));
  await ship.run(60);
  t.deepEqual([ship.running()[0], broughtOver(ship)], ['gauge 9.0.0', ['vsat', 'port']]);
});

test('a link that leads out in its hours only is not taken out of them where the other one brings nothing', async (t) => {
  const ship = await atSea();
  ship.surroundings.others = ['wlan0'];
  ship.deadInterfaces.add('wlan0');
  const before = bytesAsked(ship);
  const hours = [{ cron: '0 2 * * *', seconds: 3600, timeZone: 'UTC' }];
  ship.want(ship.shore.desired(2, [gauge2, horn1], vsatAndPort({ fetch: hours })));
  await ship.run(1800);
  t.deepEqual(ship.running(), ['gauge 1.0.0', 'horn 1.0.0']);
  t.true(bytesAsked(ship) - before < 12_000, 'metadata and indexes alone');
  ship.deadInterfaces.clear();
  await ship.run(1800);
  t.deepEqual([ship.running()[0], broughtOver(ship)], ['gauge 2.0.0', ['port']]);
});
