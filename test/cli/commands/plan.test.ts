import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { PlanDocument, StatusDocument } from '../../../schemas/generated/types.ts';
import { isPlanDocument } from '../../../schemas/generated/validators/plan.js';
import { ScenarioWorld } from '../../scenarios/scenario-world.ts';

const examples = join(import.meta.dirname, '../../../fleet-examples/harbor');
const apps = join(examples, 'apps');

/** What the example says of the links of a ship. */
const links = readFileSync(join(examples, 'sites/aurora.yaml'), 'utf8').replace(/^.*(?= {2}# At sea)/s, '');

function harbor(t: ExecutionContext): ScenarioWorld {
  const world = new ScenarioWorld();
  t.teardown(() => world.close());
  world.makeRepository('harbor');
  return world;
}

test('fleet plan -o json names every device, its changes and its bytes; and touches nothing', async (t) => {
  const world = harbor(t);
  await world.commit('A harbor');
  world.edit('sites/aurora.yaml', 'knots: 14', 'knots: 15');
  const { output, exitCode } = await world.fleet(['plan', '-o', 'json']);
  const plan = JSON.parse(output);
  t.is(exitCode, 0);
  t.deepEqual(
    plan.devices.map(({ device, kind, fetches }: { device: string; kind: string; fetches: unknown[] }) => [
      device,
      kind,
      fetches.length,
    ]),
    [
      ['aurora-bridge', 'deploy', 0],
      ['aurora-engine', 'deploy', 0],
    ],
  );
  t.is(plan.bytes, 0);
  t.regex(plan.observed.unknownBecause, /does not answer/);
  t.is((await world.fleet(['plan', '-o', 'json'])).output, output);
});

test('fleet plan REF --against REF compares two commits, whatever lies in the directory', async (t) => {
  const world = harbor(t);
  await world.commit('A harbor');
  world.edit('sites/aurora.yaml', 'knots: 14', 'knots: 15');
  await world.commit('A faster Aurora');
  world.edit('sites/aurora.yaml', 'knots: 15', 'knots: [');
  const forward = await world.fleet(['plan', 'HEAD']);
  t.regex(forward.output, /2 devices get a deployment at once; no module travels/);
  const same = await world.fleet(['plan', 'HEAD', '--against', 'main']);
  t.regex(same.output, /Nothing changes on any device/);
  const broken = await world.fleet(['plan']);
  t.is(broken.exitCode, 13);
  t.regex(broken.output, /the working tree is not valid/);
  t.is((await world.fleet(['plan', 'nowhere'])).exitCode, 1);
});

test('a slip in a label that strips a device is a red line, and breaks the policy until its manifest says so', async (t) => {
  const world = harbor(t);
  await world.commit('A harbor');
  t.is((await world.fleet(['plan', '--policy', '--exit-code'])).exitCode, 0);
  world.edit('devices/aurora-engine.yaml', 'kind: ship', 'kind: shp');
  const slipped = await world.fleet(['plan', '--policy']);
  t.is(slipped.exitCode, 12);
  t.regex(slipped.output, /1 device loses all applications: aurora-engine/);
  t.regex(slipped.output, /warning: devices\/aurora-engine.yaml:\d+:\d+: DEVICE_WITHOUT_FLEET/);
  t.is((await world.fleet(['plan', '--exit-code'])).exitCode, 11);
  t.is((await world.fleet(['plan'])).exitCode, 0);
  world.edit('devices/aurora-engine.yaml', 'spec:', 'spec:\n  idle: true');
  const meant = await world.fleet(['plan', '--policy']);
  t.is(meant.exitCode, 0);
  t.notRegex(meant.output, /DEVICE_WITHOUT_FLEET|loses all/);
  world.edit('devices/truck-7-cab.yaml', 'site: truck-7', 'site: aurora');
  t.regex((await world.fleet(['plan'])).output, /truck-7-cab .*site truck-7 → aurora/);
});

test('a plan says what changes beside releases: probation, windows, the name of the fleet', async (t) => {
  const world = harbor(t);
  await world.commit('A harbor');
  world.edit('fleets/trucks.yaml', 'name: trucks', 'name: lorries');
  t.regex((await world.fleet(['plan'])).output, /truck-7-cab .*fleet trucks → lorries/);
  world.edit('fleets/trucks.yaml', 'name: lorries', 'name: trucks');
  world.edit('fleets/trucks.yaml', 'probationSeconds: 3', 'probationSeconds: 61');
  t.regex((await world.fleet(['plan'])).output, /truck-7-cab .*probation \d+ s → 61 s/);
  world.edit('fleets/trucks.yaml', 'spec:', 'spec:\n  windows: { activate: [{ cron: "0 2 * * *", duration: 4h }] }');
  t.regex((await world.fleet(['plan'])).output, /truck-7-cab .*windows: activate "0 2 \* \* \*" for 240 mi/);
  world.edit('fleets/trucks.yaml', 'spec:', 'spec:\n  when: { activate: power.external }');
  t.regex((await world.fleet(['plan', '-o', 'wide'])).output, /when: activate while power\.external/);
  world.edit('fleets/trucks.yaml', 'spec:', 'spec:\n  consent: required');
  t.regex((await world.fleet(['plan', '-o', 'wide'])).output, /consent aboard needed/);
  world.edit('fleets/trucks.yaml', 'spec:', 'spec:\n  rollout: { bytes: { wholeModules: never } }');
  t.regex((await world.fleet(['plan', '-o', 'wide'])).output, /updates without a delta: never/);
  const terms = 'rate: 5Mbit/s, match: { interface: wwan* }, budget: { bytes: 5MB, per: day }, carries: [delta]';
  world.edit('sites/truck-7.yaml', 'rate: 5Mbit/s', terms);
  t.regex((await world.fleet(['plan', '-o', 'wide'])).output, /links: lte on wwan\*, 5 MB a day, carries delta/);
});

test('a memory limit below what the release starts with is refused alike by validate, plan and the controller', async (t) => {
  const world = harbor(t);
  await world.commit('A harbor');
  await world.startController();
  world.edit('applications/tide-logger.yaml', 'release: 1.0.0', 'release: 1.0.0\n  limits: { memory: 64KiB }');
  const message =
    'tide-logger 1.0.0 cannot run so: it starts with 2 pages of memory (64 KiB each), limits.memory of its application allows 1';
  for (const command of ['validate', 'plan']) {
    const { output, exitCode } = await world.fleet([command]);
    t.is(exitCode, command === 'plan' ? 13 : 1, command);
    t.true(output.includes(`applications/tide-logger.yaml:7:12: APPLICATION_CANNOT_RUN ${message}\n`), output);
  }
  await world.commit('Less memory');
  const { source }: StatusDocument = JSON.parse((await world.fleet(['status', '-o', 'json'])).output);
  t.like(source, { state: 'refused', problems: { length: 1 } });
  const place = { file: 'applications/tide-logger.yaml', line: 7, column: 12 };
  t.like(source.problems[0], { ...place, code: 'APPLICATION_CANNOT_RUN', message });
});

test('what devices do now is left out of a plan from a revision that is not in force', async (t) => {
  const world = harbor(t);
  await world.commit('A harbor');
  world.edit('sites/aurora.yaml', 'knots: 14', 'knots: 15');
  await world.commit('A faster Aurora');
  await world.startController();
  const plan = async (...args: string[]): Promise<PlanDocument> =>
    JSON.parse((await world.fleet(['plan', ...args, '-o', 'json'])).output);
  t.is((await plan()).observed.unknownBecause, undefined);
  const { observed, devices } = await plan('HEAD', '--against', 'HEAD~1');
  t.regex(observed.unknownBecause ?? '', /^in force is [0-9a-f]{7}, not the base$/);
  t.deepEqual(
    devices.map(({ kind, cause }) => `${kind} ${cause}`),
    ['deploy CHANGED', 'deploy CHANGED'],
  );
});

test('what fleet plan -o json prints follows its schema: devices that come, go, wait for a key and fetch', async (t) => {
  const world = harbor(t);
  const follows = async (...args: string[]): Promise<PlanDocument> => {
    const { output } = await world.fleet(['plan', ...args, '-o', 'json']);
    const document: PlanDocument = JSON.parse(output);
    t.true(isPlanDocument(document), JSON.stringify(isPlanDocument.errors));
    return document;
  };
  await world.commit('A harbor');
  world.addRelease('tide-logger', '1.1.0');
  world.edit('applications/tide-logger.yaml', 'release: 1.0.0', 'release: 1.1.0');
  world.edit('devices/truck-7-cab.yaml', 'name: truck-7-cab', 'name: truck-8-cab');
  world.edit('devices/aurora-engine.yaml', 'keyFingerprint', '# keyFingerprint');
  const { devices } = await follows();
  t.deepEqual(new Set(devices.map(({ cause }) => cause)), new Set(['CHANGED', 'NO_KEY', 'REMOVED', 'FIRST']));
  await follows('HEAD');
  await follows('HEAD', '--against', 'HEAD');
});

test('a release whose name comes again with other bytes is refused alike by plan and the controller', async (t) => {
  const world = harbor(t);
  await world.commit('A harbor');
  await world.startController();
  const add = (number: string) =>
    world.fleet([
      ...['release', 'add', join(apps, `tide-logger/tide-logger-${number}.wasm`)],
      ...['--name', 'tide-logger', '--version', '2.0.0'],
    ]);
  await add('1.0.0');
  await world.commit('Another release');
  t.is((await world.fleet(['release', 'remove', 'tide-logger', '2.0.0'])).exitCode, 0);
  t.is((await add('1.1.0')).exitCode, 0);
  const { output, exitCode } = await world.fleet(['plan']);
  t.is(exitCode, 13);
  t.regex(output, /tide-logger\/2\.0\.0\.wasm: RELEASE_NAME_REUSED tide-logger 2\.0\.0 was in force .*another version/);
  await world.commit('The same name, other bytes');
  const { source }: StatusDocument = JSON.parse((await world.fleet(['status', '-o', 'json'])).output);
  t.is(source.state, 'refused');
  t.true(source.problems.some(({ code }) => code === 'RELEASE_NAME_REUSED'));
});

test('a plan prices what it fetches over the links of a site, in words and by its schema', async (t) => {
  const world = harbor(t);
  await world.commit('A harbor');
  world.addRelease('tide-logger', '1.1.0');
  world.edit('applications/tide-logger.yaml', 'release: 1.0.0', 'release: 1.1.0');
  for (const site of ['aurora', 'borealis']) world.edit(`sites/${site}.yaml`, links, '');
  t.notRegex((await world.fleet(['plan'])).output, /CHEAPEST|Over the links/);
  const vsat =
    '{ name: vsat, rate: 128kbit/s, pricePerMB: 4.5, currency: EUR, match: { interface: eth1 }, carries: [delta] }';
  const port = '{ name: port, rate: 20Mbit/s, match: { interface: eth0 }, carries: [whole] }';
  world.edit('sites/aurora.yaml', 'spec:', `spec:\n  links: [${vsat}, ${port}]`);
  const { output } = await world.fleet(['plan']);
  t.regex(output, /ships +aurora +2 +\S+ k?B +\S+ kB +0\.00 EUR, 1s over port +0\.\d+ EUR, 1s over vsat/);
  t.regex(
    output,
    /Over the links of their sites that costs 0\.00 EUR to 0\.\d+ EUR, and takes 1s at the slowest site\./,
  );
  const document: PlanDocument = JSON.parse((await world.fleet(['plan', '-o', 'json'])).output);
  t.true(isPlanDocument(document), JSON.stringify(isPlanDocument.errors));
  t.like(document.transfers, { length: 1, 0: { site: 'aurora', cheapest: { links: ['port'], price: 0 } } });
  const [price] = document.prices!;
  t.is(price!.dearest, (document.transfers![0]!.dearest.bytes * 4.5) / 1e6);
  world.edit('sites/aurora.yaml', `, ${port}`, '');
  world.edit('sites/aurora.yaml', '[delta]', '[whole, none]');
  t.regex(
    (await world.fleet(['plan'])).output,
    /sites\/aurora\.yaml:\d+:\d+: UNKNOWN_VALUE spec\.links\[0\]\.carries\[1\]/,
  );
});

test('fleet plan -o markdown is a comment on a pull request, also on a commit that is refused', async (t) => {
  const world = harbor(t);
  await world.commit('A harbor');
  world.addRelease('tide-logger', '1.1.0');
  world.edit('applications/tide-logger.yaml', 'release: 1.0.0', 'release: 1.1.0');
  await world.commit('A `new` @release | #1');
  const planned = await world.fleet(['plan', 'HEAD', '--exit-code', '-o', 'markdown']);
  t.is(planned.exitCode, 11);
  t.regex(
    planned.output,
    /^## Fleet plan\n\n\*\*4 devices get a deployment at once; \S+ k?B travel for modules, .*\*\*/,
  );
  t.regex(planned.output, /\n\| `ships` \| 4 \| 4 \| 0 \| 0 \| .* \| `tide-logger 1\.0\.0 → 1\.1\.0` \|\n/);
  t.regex(planned.output, /\n- plan: `0000002` `A ˋnewˋ @release ¦ #1` `HEAD`\n/);
  t.regex(planned.output, /\nPlanned by fleet `\d+\.\d+\.\d+`;/);
  world.edit('fleets/trucks.yaml', 'spec:', 'spex:');
  await world.commit('A slip');
  const { output, exitCode } = await world.fleet(['plan', 'HEAD', '-o', 'markdown']);
  t.is(exitCode, 13);
  t.regex(output, /^## Fleet plan\n\n\*\*Refused:\*\* `0000003` is not valid; the controller would refuse it/);
  t.regex(output, /\n- `fleets\/trucks\.yaml:\d+:\d+` `[A-Z_]+` `.*spex.*`\n/);
});
