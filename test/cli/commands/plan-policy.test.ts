/** What policies say of a commit: to whoever plans it, and by the controller that would follow it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { PlanDocument, StatusDocument } from '../../../schemas/generated/types.ts';
import { isPlanDocument } from '../../../schemas/generated/validators/plan.js';
import { ScenarioWorld } from '../../scenarios/scenario-world.ts';

const head = 'apiVersion: fleet/v1alpha1\nkind: Policy\nmetadata: { name: harbor }\nspec:\n';

async function harbor(t: ExecutionContext, policy: string): Promise<ScenarioWorld> {
  const world = new ScenarioWorld();
  t.teardown(() => world.close());
  world.makeRepository('harbor');
  setPolicy(world, policy);
  await world.commit('A harbor\n\nFleet-Exception: max-devices of the past');
  await world.startController();
  return world;
}

function setPolicy(world: ScenarioWorld, policy: string): void {
  writeFileSync(join(world.repository, 'policy.yaml'), head + policy);
}

async function plan(world: ScenarioWorld, ...args: readonly string[]): Promise<PlanDocument> {
  return JSON.parse((await world.fleet(['plan', ...args, '-o', 'json'])).output);
}

async function sourceOf(world: ScenarioWorld): Promise<StatusDocument['source']> {
  return JSON.parse((await world.fleet(['status', '-o', 'json'])).output).source;
}

test('a commit that changes more devices than a policy allows is refused alike by plan and the controller, at its line', async (t) => {
  const world = await harbor(t, '  maxDevices: 1\n');
  t.is((await sourceOf(world)).state, 'current', 'a first revision changes nothing');
  world.edit('sites/aurora.yaml', 'knots: 14', 'knots: 15');
  const { output, exitCode } = await world.fleet(['plan']);
  t.is(exitCode, 12);
  t.regex(output, /policy: policy\.yaml:5:15: OVER_MAX_DEVICES it changes 2 devices, and spec\.maxDevices of/);
  t.regex(output, /The controller would refuse it: it is over 1 limit of a policy\. Without that:\n2 devices get/);
  const document = await plan(world);
  t.true(isPlanDocument(document), JSON.stringify(isPlanDocument.errors));
  const place = { file: 'policy.yaml', line: 5, column: 15 };
  t.like(document.policy, { length: 1, 0: { ...place, code: 'OVER_MAX_DEVICES' } });
  t.regex((await world.fleet(['plan', '-o', 'markdown'])).output, /\n- policy: `policy\.yaml:5:15` `OVER_MAX_DEVICES`/);
  await world.commit('A faster Aurora\n\nFleet-Exception: max-price wrong name');
  const source = await sourceOf(world);
  t.like(source, { state: 'refused', message: 'over what a policy allows', problems: { length: 1 } });
  t.deepEqual(source.problems, document.policy!, 'the plan of the work tree said the same');
  t.deepEqual((await plan(world, 'HEAD')).policy, source.problems);
});

test('a line in the message of a commit names the exception: both take it, and status has the reason', async (t) => {
  const world = await harbor(t, '  maxDevices: 1\n');
  world.edit('sites/aurora.yaml', 'knots: 14', 'knots: 15');
  await world.commit('A faster Aurora');
  t.is((await sourceOf(world)).state, 'refused');
  world.edit('sites/aurora.yaml', 'knots: 15', 'knots: 16');
  await world.commit('Faster still\n\nFleet-Exception: max-devices the race is on');
  const source = await sourceOf(world);
  t.is(source.state, 'current');
  const [note] = source.notes!.filter(({ code }) => code === 'POLICY_EXCEPTION');
  t.regex(note!.message, /it changes 2 devices.* is 1; a commit says why: the race is on$/);
  t.is(note!.line, 5);
  const planned = await world.fleet(['plan', 'HEAD', '--against', 'HEAD~2', '--exit-code']);
  t.is(planned.exitCode, 11);
  t.regex(planned.output, /policy: policy\.yaml:5:15: POLICY_EXCEPTION [^;]*; a commit says why: the race is on/);
  for (const unnamed of [[''], ['HEAD', '--against', '']]) {
    const { exitCode, output } = await world.fleet(['plan', ...unnamed]);
    t.deepEqual(
      [exitCode, /has no commit ""; see git log/.test(output)],
      [1, true],
      'a name that came out empty is no plan',
    );
  }
  // It was for that step alone.
  world.edit('sites/aurora.yaml', 'knots: 16', 'knots: 17');
  await world.commit('Too fast');
  t.is((await sourceOf(world)).state, 'refused');
});

test('a commit that raises the limit it is over, or takes the policy away, is held to the one in force', async (t) => {
  const world = await harbor(t, '  maxDevices: 1\n');
  world.edit('sites/aurora.yaml', 'knots: 14', 'knots: 15');
  setPolicy(world, '  # Many.\n  maxDevices: 100\n');
  await world.commit('A faster Aurora, and nobody to stop it');
  const { state, problems } = await sourceOf(world);
  t.is(state, 'refused');
  t.like(problems, { length: 1, 0: { file: 'policy.yaml', line: 5, code: 'OVER_MAX_DEVICES' } });
  t.deepEqual((await plan(world, 'HEAD')).policy, problems);
  world.edit('sites/aurora.yaml', 'knots: 15', 'knots: 14');
  await world.commit('A higher limit alone');
  t.is((await sourceOf(world)).state, 'current');
  world.edit('sites/aurora.yaml', 'knots: 14', 'knots: 15');
  await world.commit('A faster Aurora');
  t.is((await sourceOf(world)).state, 'current');
});

test('a fleet that skips its canary, or weakens its budget, is named; one that goes in waves is not, and neither is what a site alone says', async (t) => {
  const world = await harbor(t, '  minWaves: 2\n  keepBudgets: true\n');
  const waves =
    '\n  rollout: { waves: [{ name: canary, limit: 1 }, { name: rest }], budget: { groupBy: site, maxUnavailable: 1 } }';
  for (const fleet of ['ships', 'trucks']) world.edit(`fleets/${fleet}.yaml`, 'spec:', `spec:${waves}`);
  await world.commit('Waves');
  world.edit('sites/aurora.yaml', 'knots: 14', 'knots: 15');
  world.edit('applications/tide-logger.yaml', 'config:', 'config:\n    more: 1');
  await world.commit('A faster Aurora, another tide logger');
  t.is((await sourceOf(world)).state, 'current');
  world.edit('applications/position-beacon.yaml', 'config:', 'config:\n    more: 1');
  world.edit('fleets/ships.yaml', waves, '');
  await world.commit('Another beacon');
  const { state, problems } = await sourceOf(world);
  t.is(state, 'refused');
  t.like(problems, { length: 2, 0: { file: 'policy.yaml', line: 5, code: 'UNDER_MIN_WAVES' } });
  t.regex(problems[0]!.message, /^fleets go in too few waves \(ships in 1\), and spec\.minWaves/);
  t.like(problems[1], { line: 6, code: 'WEAKENS_BUDGET' });
  t.regex(
    problems[1]!.message,
    /^it weakens the budget of fleet ships: .*, and Policy\/harbor, as it stands before it, has spec\.keepBudgets/,
  );
  t.deepEqual((await plan(world, 'HEAD')).policy, problems);
});

test('a first wave of too many devices is named, however its fleet limits it, also by labels alone', async (t) => {
  const world = await harbor(t, '  maxFirstWave: 25%\n');
  const waves = (limit: string) => `\n  rollout: { waves: [{ name: canary, limit: ${limit} }] }`;
  world.edit('fleets/ships.yaml', 'spec:', `spec:${waves('1')}`);
  await world.commit('Waves');
  world.edit('applications/tide-logger.yaml', 'config:', 'config:\n    more: 1');
  await world.commit('Another tide logger');
  t.is((await sourceOf(world)).state, 'current');
  world.edit('fleets/ships.yaml', waves('1'), waves('75%'));
  await world.commit('A canary of nearly all');
  const { state, problems } = await sourceOf(world);
  t.is(state, 'refused');
  t.like(problems, { length: 1, 0: { file: 'policy.yaml', line: 5, code: 'OVER_MAX_FIRST_WAVE' } });
  t.regex(problems[0]!.message, /^too many devices are in a first wave \(\d of \d of ships\), and spec\.maxFirstWave/);
  t.regex(problems[0]!.message, /Fleet-Exception: max-first-wave REASON$/);
  t.deepEqual((await plan(world, 'HEAD')).policy, problems);
});

test('what a commit may cost is judged by the same deltas and links in a plan and by the controller', async (t) => {
  const world = await harbor(t, '  maxPrice: { EUR: 0.01, NOK: 5 }\n');
  const [euros, crowns] = ['pricePerMB: 4.50, currency: EUR', 'pricePerMB: 1, currency: NOK'];
  world.edit('sites/borealis.yaml', euros!, crowns!);
  await world.commit('Crowns');
  t.is((await sourceOf(world)).state, 'current');
  world.addRelease('tide-logger', '1.1.0');
  world.edit('applications/tide-logger.yaml', 'release: 1.0.0', 'release: 1.1.0');
  await world.commit('Tide logger 1.1.0');
  const { state, problems } = await sourceOf(world);
  t.is(state, 'current', JSON.stringify(problems));
  setPolicy(world, '  maxPrice: { EUR: 0.001 }\n');
  await world.commit('Less money');
  world.edit('applications/tide-logger.yaml', 'release: 1.1.0', 'release: 1.0.0');
  // Nobody tells what devices have: a policy goes by the manifests in any case.
  world.reachable = false;
  const planned = await plan(world);
  world.reachable = true;
  t.deepEqual((await plan(world)).policy, planned.policy);
  const [euro] = planned.prices!.filter(({ currency }) => currency === 'EUR');
  t.deepEqual(
    planned.policy!.map(({ code, line, message }) => [code, line, message.replace(/;.*/, '')]),
    [
      [
        'OVER_MAX_PRICE',
        5,
        `it may cost ${euro!.dearest} EUR, and spec.maxPrice of Policy/harbor, as it stands before it, is 0.001 EUR`,
      ],
      [
        'OVER_MAX_PRICE',
        5,
        `it may cost ${planned.prices!.find(({ currency }) => currency === 'NOK')!.dearest} NOK, and spec.maxPrice of Policy/harbor, as it stands before it, names no NOK`,
      ],
    ].sort(),
  );
  await world.commit('Back');
  t.deepEqual((await sourceOf(world)).problems, planned.policy!);
});

test('a policy that says nothing that is known is refused with its line', async (t) => {
  const world = await harbor(t, '  maxDevices: 1\n');
  for (const [policy, what] of [
    ['  maxDevises: 1\n', /policy\.yaml:5:3: UNKNOWN_FIELD .*did you mean "maxDevices"/],
    ['  maxDevices: -1\n', /policy\.yaml:5:15: .*spec\.maxDevices/],
    ['  maxPrice: { Euro: 1 }\n', /policy\.yaml:5:15: .*Euro/],
    ['  maxPrice: {}\n', /policy\.yaml:5:13: .*spec\.maxPrice/],
    ['  {}\n', /policy\.yaml:5:3: .*spec/],
  ] as const) {
    setPolicy(world, policy);
    const { output, exitCode } = await world.fleet(['validate']);
    t.is(exitCode, 1, policy);
    t.regex(output, what);
  }
});
