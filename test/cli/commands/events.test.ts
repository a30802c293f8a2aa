import test, { type ExecutionContext } from 'ava';
import { runCommand } from '../../../cli/run-command.ts';
import { ScenarioWorld } from '../../scenarios/scenario-world.ts';

async function runningHarbor(t: ExecutionContext): Promise<ScenarioWorld> {
  const world = new ScenarioWorld();
  t.teardown(() => world.close());
  world.makeRepository('harbor');
  await world.commit('A harbor');
  await world.startController();
  return world;
}

async function runs(world: ScenarioWorld, device: string): Promise<void> {
  const { sequence, revision } = await world.deploymentOf(device);
  const applications = await world.runningApplications(device);
  await world.tell(device, {
    ...{ phase: 'active', highestSequence: sequence, applications },
    running: { sequence, revision },
  });
}

test('fleet events tells what happened on devices, newest last, of the target alone and so many at most', async (t) => {
  const world = await runningHarbor(t);
  await runs(world, 'truck-7-cab');
  await world.later(60_000);
  await runs(world, 'aurora-bridge');
  const { output, exitCode } = await world.fleet(['events']);
  t.is(exitCode, 0);
  const lines = output.trimEnd().split('\n');
  t.is(lines.length, 2, output);
  t.regex(lines[0]!, /^2026-06-01T\S{8}Z {2}truck-7-cab {4}runs deployment 1 PHASE_ACTIVE$/);
  t.regex(lines[1]!, /^2026-06-01T\S{8}Z {2}aurora-bridge {2}runs deployment 1 PHASE_ACTIVE$/);
  t.is((await world.fleet(['events', '-n', '1'])).output.trimEnd(), lines[1]!);
  t.regex((await world.fleet(['events', 'truck-7-cab'])).output, /^\S+ {2}truck-7-cab {2}runs deployment 1[^\n]*\n$/);
  t.regex((await world.fleet(['events', 'site/aurora'])).output, /^\S+ {2}aurora-bridge {2}[^\n]*\n$/);
  const json = (await world.fleet(['events', '-o', 'json'])).output.trimEnd().split('\n');
  t.like(JSON.parse(json[1]!), { device: 'aurora-bridge', code: 'PHASE_ACTIVE', message: 'runs deployment 1' });
});

test('fleet events refuses what it does not understand, and says what would do', async (t) => {
  const world = await runningHarbor(t);
  const wrong: readonly (readonly [words: readonly string[], message: string])[] = [
    [['-n', '0'], '-n 0: write a number from 1 to 10000'],
    [['-o', 'yaml'], '-o yaml: there is json'],
    [['a', 'b'], 'events takes one target at most'],
    [['device/none'], 'there is no device "none" in the revision in force'],
  ];
  for (const [words, message] of wrong) {
    const { output, exitCode } = await world.fleet(['events', ...words]);
    t.true(output.includes(message), output);
    t.true(exitCode !== 0);
  }
});

test('fleet events -f goes on with what happens, also silence, and tells nothing twice', async (t) => {
  const world = await runningHarbor(t);
  await runs(world, 'truck-7-cab');
  const stopping = new AbortController();
  let screen = '';
  const context = world.context((text) => {
    screen += text;
  });
  const following = runCommand({ ...context, signal: stopping.signal }, ['events', '-f', 'site/aurora']);
  const settle = () => world.later(2_000);
  await settle();
  t.is(screen, '');
  await runs(world, 'aurora-bridge');
  await settle();
  await runs(world, 'truck-7-cab');
  await settle();
  t.regex(
    screen,
    /^\S+ {2}aurora-bridge {2}it is connected [^\n]* NO_REPORT\n\S+ {2}aurora-bridge {2}runs deployment 1 PHASE_ACTIVE\n$/,
  );
  screen = '';
  await world.connect('aurora-bridge', false);
  await world.later(4 * 3_600_000);
  t.regex(screen, /^\S+ {2}aurora-bridge {2}not heard since [^\n]* DARK\n$/);
  stopping.abort();
  await settle();
  t.is(await following, 0);
});
