/** What a plan says of waves is what the controller does once it is committed. */
import test, { type ExecutionContext } from 'ava';
import type { PlanDocument, StatusDocument } from '../../../schemas/generated/types.ts';
import { isPlanDocument } from '../../../schemas/generated/validators/plan.js';
import { ScenarioWorld } from '../../scenarios/scenario-world.ts';

const ships = ['aurora-bridge', 'aurora-engine', 'borealis-bridge', 'borealis-engine'];

async function statusOf(world: ScenarioWorld): Promise<StatusDocument> {
  return JSON.parse((await world.fleet(['status', '-o', 'json'])).output);
}

/** Every device runs what it was issued. */
async function allRun(world: ScenarioWorld): Promise<void> {
  for (const { name, desired } of (await statusOf(world)).devices) {
    if (desired === undefined) continue;
    // Not those of the screen, which shows other commits than there are.
    const { sequence, revision } = await world.deploymentOf(name);
    const applications = await world.runningApplications(name);
    const running = { sequence, revision };
    await world.tell(name, { phase: 'active', highestSequence: sequence, running, applications });
  }
}

/** The harbor with this rollout of its ships, all of which run what they should; then a change that is not committed. */
async function changing(t: ExecutionContext, rollout: string): Promise<ScenarioWorld> {
  const world = new ScenarioWorld();
  t.teardown(() => world.close());
  world.makeRepository('harbor');
  await world.commit('A harbor');
  await world.startController();
  await allRun(world);
  world.edit('fleets/ships.yaml', '  probationSeconds', `  rollout: ${rollout}\n  probationSeconds`);
  await world.commit('Ships have waves');
  world.addRelease('tide-logger', '1.1.0');
  world.edit('applications/tide-logger.yaml', 'release: 1.0.0', 'release: 1.1.0');
  return world;
}

async function planOf(world: ScenarioWorld): Promise<PlanDocument> {
  const document: unknown = JSON.parse((await world.fleet(['plan', '-o', 'json'])).output);
  if (isPlanDocument(document)) return document;
  throw new Error(JSON.stringify(isPlanDocument.errors));
}

const rollouts = [
  '{}',
  '{ waves: [{ name: canary, limit: 1 }] }',
  '{ waves: [{ name: canary, limit: 75% }], budget: { groupBy: site, maxUnavailable: 1 } }',
  '{ waves: [{ name: pier, selector: { matchLabels: { berth: pier-4 } }, soak: 1h }, { name: rest, approve: before }] }',
  '{ waves: [{ name: all, approve: before }] }',
  '{ budget: { groupBy: berth, maxUnavailable: 1 } }',
];

for (const rollout of rollouts) {
  test(`as many devices as a plan says are issued a change at once: ${rollout}`, async (t) => {
    const world = await changing(t, rollout);
    const plan = await planOf(world);
    const planned = plan.fleets.find(({ fleet }) => fleet === 'ships')!.rollout!;
    await world.commit('Tide logger 1.1.0');
    const { source, devices, fleets } = await statusOf(world);
    const issued = devices.filter(({ desired }) => desired?.revision === source.revision?.id);
    t.is(issued.length, planned.atOnce);
    const wave = new Map(plan.devices.map((one) => [one.device, one.wave]));
    t.deepEqual(
      devices.filter(({ name }) => ships.includes(name)).map((one) => one.wave),
      ships.map((name) => wave.get(name)),
    );
    const { waves } = fleets.find(({ name }) => name === 'ships')!.rollout!;
    t.deepEqual(
      waves.map(({ name, counts }) => [name, Object.values(counts).reduce((sum, count) => sum + count, 0)]),
      planned.waves.map(({ name, devices }) => [name, devices]),
    );
  });
}

test('a commit that takes the place of a rollout, and one that takes it back, are told as what they are', async (t) => {
  const world = await changing(t, '{ waves: [{ name: canary, limit: 1 }] }');
  await world.commit('Tide logger 1.1.0');
  // The canary, then the rest.
  for (let round = 0; round < 2; round += 1) await allRun(world);
  world.edit('applications/tide-logger.yaml', 'amplitudeMetres: 1.4', 'amplitudeMetres: 1.6');
  const shipsOf = async () => (await planOf(world)).fleets.find(({ fleet }) => fleet === 'ships')!;
  t.is((await shipsOf()).rollout?.supersedes, undefined, 'the one before is done');
  await world.commit('Another amplitude');
  world.edit('applications/tide-logger.yaml', 'amplitudeMetres: 1.6', 'amplitudeMetres: 1.7');
  t.is((await shipsOf()).rollout?.supersedes, 3);
  world.edit('applications/tide-logger.yaml', 'amplitudeMetres: 1.7', 'amplitudeMetres: 1.4');
  const back = await shipsOf();
  t.like(back, { endsRollout: 3, deploying: 1, holding: 3, rollout: undefined });
  await world.commit('The amplitude that was');
  const { source, devices } = await statusOf(world);
  t.is(devices.filter(({ desired }) => desired?.revision === source.revision?.id).length, 1);
});

test('a comment on a pull request has the waves, and a simulation lives them from what the controller knows', async (t) => {
  const world = await changing(t, '{ waves: [{ name: canary, limit: 1, soak: 10m }], onFailure: revert }');
  const { output } = await world.fleet(['plan', '-o', 'markdown']);
  t.regex(output, /\*\*1 device gets a deployment at once, 3 more wave by wave;/);
  t.regex(output, /\| `ships` \| `canary` \| 1 \| 1 \| watched for 10m \|/);
  t.regex(output, /\| `ships` \| `rest` \| 3 \| 3 \| +\|/);
  t.regex(output, /- `ships: failures take all back to what was good`/);
  t.regex(output, /deploy in `rest`/);
  const { output: json } = await world.fleet(['simulate', '--contact', 'always', '--seed', '1', '-o', 'json']);
  const { base, assumed, fleets } = JSON.parse(json);
  t.is(base.name, 'in force at the controller');
  t.like(assumed, { places: 2 });
  const [canary, rest] = fleets[0].waves;
  t.is(canary.wave, 'canary');
  t.true(canary.ends.worst > 600 && canary.ends.worst < 660);
  t.is(rest.starts.p50, canary.ends.p50);
});

test('a device that is held at a release is put on it at once, and what else its fleet changes reaches it last, as the plan says', async (t) => {
  const world = await changing(t, '{ waves: [{ name: canary, limit: 1 }] }');
  // A canary that is held would hold all others up.
  const name = (await planOf(world)).devices.find(({ wave }) => wave === 'rest')!.device;
  await world.commit('Tide logger 1.1.0');
  for (let round = 0; round < 2; round += 1) await allRun(world);
  const hold = 'hold: { releases: { tide-logger: 1.0.0 }, reason: old sensor }';
  world.edit(`devices/${name}.yaml`, 'spec:', `spec:\n  ${hold}`);
  t.regex((await world.fleet(['plan', '-o', 'markdown'])).output, /\*\*1 device gets a deployment at once;/);
  await world.commit('The old tide logger for one');
  await allRun(world);
  world.edit(`devices/${name}.yaml`, 'old sensor', 'older sensor');
  t.like(
    (await planOf(world)).devices.find(({ device }) => device === name),
    { kind: 'hold', cause: 'HELD' },
    'it has what it is held at',
  );
  world.edit('applications/tide-logger.yaml', 'amplitudeMetres: 1.4', 'amplitudeMetres: 1.6');
  const last = (await planOf(world)).devices.filter(({ comesLast }) => comesLast);
  t.deepEqual(
    last.map(({ device }) => device),
    [name],
  );
  const { output } = await world.fleet(['plan', '-o', 'markdown']);
  t.regex(output, /wave by wave, 1 more, held at releases, when all others have it;/);
  t.regex(output, /deploy after all others/);
  await world.commit('Another amplitude');
  const isNew = async () => {
    const { source, devices } = await statusOf(world);
    return devices.find((one) => one.name === name)!.desired!.revision === source.revision!.id;
  };
  t.false(await isNew());
  for (let round = 0; round < 2; round += 1) await allRun(world);
  t.true(await isNew());
});

test('a plan foretells the wave that a rollout goes no further than: all of it are held', async (t) => {
  const world = await changing(t, '{ waves: [{ name: pier, selector: { matchLabels: { berth: pier-4 } } }] }');
  const shipsOf = async () => (await planOf(world)).fleets.find(({ fleet }) => fleet === 'ships')!.rollout!;
  const unseen = async () => (await shipsOf()).waves.map((wave) => wave.unseen ?? 0);
  const pier = (await planOf(world)).devices.filter(({ wave }) => wave === 'pier').map(({ device }) => device);
  t.deepEqual(await unseen(), [0, 0]);
  for (const name of pier) world.edit(`devices/${name}.yaml`, 'spec:', 'spec:\n  hold: { reason: "sea\\e[2Jtrial" }');
  t.deepEqual(await unseen(), [pier.length, 0]);
  const { output: screen } = await world.fleet(['plan']);
  t.false(screen.includes('\x1b[2J'), 'what a manifest says steers no terminal');
  t.regex(screen, /held sea.\[2Jtrial/);
  const { output } = await world.fleet(['plan', '-o', 'markdown']);
  t.regex(output, /goes no further than wave pier, NO_EVIDENCE: /);
  await world.commit('Tide logger 1.1.0');
  const told = (await statusOf(world)).fleets.find(({ name }) => name === 'ships')!.rollout!;
  t.like(told, { state: 'running', reason: { code: 'NO_EVIDENCE' } });
});
